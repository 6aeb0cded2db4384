import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { subscribe } from './relay-run.ts';

const records = 80;
const megabyte = 1_000_000;
const program = fileURLToPath(new URL('relay-process.ts', import.meta.url));

describe('pages of large records', function () {
  // Its own process, and a server that compresses all of it, on a machine that may be busy.
  this.timeout(60_000);

  let db: TestDatabase;
  beforeEach(async () => {
    db = await capturedCrm();
    await subscribe(db, ['tag_update', 'tag_delete']);
    await db.query(
      `insert into tags (id, name) select i, '' from generate_series(10001, 10000 + $1::int) i`,
      [records],
    );
  });

  /** Relays all that waits in a process of its own; returns by how much it grew, in MB. */
  async function relayApart(): Promise<number> {
    const child = spawn(process.execPath, ['--import', 'tsx', program, db.url], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let told = '';
    child.stdout.on('data', (chunk) => {
      told += String(chunk);
    });
    try {
      await waitUntil(async () => (await sizes()).length === records, {
        what: 'an event for each record',
        timeoutMs: 55_000,
      });
      child.stdin.write('stop\n');
      await once(child, 'exit');
    } finally {
      child.kill('SIGKILL');
    }
    return Number(told);
  }

  async function sizes(): Promise<number[]> {
    const { rows } = await db.query<{ size: number }>(
      `select octet_length(payload) as size from rowhook.event where name in ('tag_update', 'tag_delete') order by id`,
    );
    return rows.map(({ size }) => size);
  }

  const fill = `update tags set name = repeat('0123456789abcdef', $1::int / 16) where id > 10000`;

  it('holds some of a page’s payloads at a time, whatever all of them come to', async () => {
    await db.query(fill, [megabyte]);
    expect(await relayApart()).to.be.below(140);
    expect(Math.min(...(await sizes()))).to.be.above(megabyte);
  });

  it('takes as many last rows on a page as it can hold', async () => {
    await db.query(`alter table tags disable trigger rowhook_update`);
    await db.query(fill, [megabyte]);
    await db.query('truncate rowhook.outbox');
    // One by one, as an application deletes.
    await db.query(
      'do $$ begin for i in 10001..10080 loop delete from tags where id = i; commit; end loop; end $$',
    );
    expect(await relayApart()).to.be.below(140);
    expect(Math.min(...(await sizes()))).to.be.above(megabyte);
  });
});
