import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { type Project, project } from './project.ts';

const changes = 8_000;

describe('the memory of rowhook start', function () {
  this.timeout(60_000);
  let crm: Project;
  let receiver: Receiver;
  beforeEach(async () => {
    crm = await project();
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await receiver.close();
    await crm.remove();
  });

  /** The most that a process has held, in MB: the kernel's VmHWM. */
  async function peakMb(pid: number): Promise<number> {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return (Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1_024) / 1e6;
  }

  it('is little more at work than at rest: what it no longer needs is collected soon', async () => {
    await crm.json('install');
    await crm.json('endpoints', 'create', '--url', receiver.url('/'), '--events', '*', '--secret', 'k3y');
    await crm.database.query(
      `insert into tags (id, name) select i, repeat('0123456789', 120) from generate_series(10001, 10000 + $1::int) i`,
      [changes],
    );
    const daemon = crm.start('start');
    await waitUntil(() => receiver.requests.length > changes, {
      what: 'a request for each change, and the ping',
      timeoutMs: 50_000,
    });
    expect(await peakMb(daemon.child.pid!)).to.be.below(185);
  });
});
