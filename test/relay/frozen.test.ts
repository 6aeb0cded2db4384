import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { subscribe } from './relay-run.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const frozenMs = 600;

/** A way to the server on which everybody who asks for the relay's lock gets it. */
async function unlocked(target: string): Promise<{ url: string; close(): Promise<void> }> {
  const url = new URL(target);
  const to = { host: url.hostname, port: Number(url.port) };
  const asked = 'pg_try_advisory_lock($1, $2)';
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to);
    // As long as what it stands for: the message says its length.
    const given = '($1::int4 + $2::int4 > 0)'.padEnd(asked.length);
    client.on('data', (chunk) => {
      upstream.write(Buffer.from(chunk.toString('latin1').replace(asked, given), 'latin1'));
    });
    upstream.pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

describe('relays that get in each other’s way', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  const children: ChildProcess[] = [];
  let written = 0;

  beforeEach(async () => {
    db = await capturedCrm();
    await subscribe(db);
    written = 0;
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  });

  interface Running {
    readonly child: ChildProcess;
    /** How often it has said this. */
    said(text: string): number;
  }

  function startProcess({ url = db.url, clock = [] as readonly number[] } = {}): Running {
    const child = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', '--import', file('set-clock.ts'), file('frozen-process.ts')],
        ...[url, JSON.stringify({ pollMs: 100, frozenMs })],
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ROWHOOK_TEST_CLOCK: clock.join() },
      },
    );
    children.push(child);
    let output = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    return { child, said: (text) => output.split(text).length - 1 };
  }
  const active = ({ said }: Running, times = 1) =>
    waitUntil(() => said('the relay is active') >= times, { what: 'the relay to become active' });

  async function write(changes: number): Promise<void> {
    for (let i = 0; i < changes; i++) {
      written += 1;
      await db.query('update tags set name = $1 where id = $2', [`n${written}`, 29 + (written % 2)]);
    }
  }

  /** Every change has become one event, and those of a record are in the order of their commits. */
  async function expectAllOnce(): Promise<void> {
    const events = async () =>
      (
        await db.query<{ key: string; seqs: number[] }>(
          `select record_key as key, array_agg(seq::int order by id) as seqs
           from rowhook.event where name = 'tag_update' group by 1 order by 1`,
        )
      ).rows;
    const count = (rows: Awaited<ReturnType<typeof events>>) =>
      rows.reduce((sum, { seqs }) => sum + seqs.length, 0);
    await waitUntil(async () => count(await events()) >= written, { what: 'all changes to be events' });
    const { rows: changes } = await db.query<{ key: string; seqs: number[] }>(
      `select keys[1] as key, array_agg(seq::int order by seq) as seqs
       from rowhook.outbox where op = 'u' group by 1 order by 1`,
    );
    expect(count(changes)).to.equal(written);
    expect(await events()).to.deep.equal(changes);
  }

  it('one that is frozen loses its place to the next, and says nothing twice when it goes on', async () => {
    const relays = [startProcess()];
    await active(relays[0]!);
    relays.push(startProcess());
    for (let times = 0; times < 6; times++) {
      const [frozen, other] = times % 2 === 0 ? relays : relays.toReversed();
      // Wherever it is by then: between two looks, or in the middle of a page.
      await write(7 + times);
      frozen!.child.kill('SIGSTOP');
      await write(10);
      await active(other!, 1 + Math.floor(times / 2) + (other === relays[0] ? 1 : 0));
      await write(10);
      frozen!.child.kill('SIGCONT');
      await write(10);
    }
    await expectAllOnce();
  });

  it('two that both have the lock make each change one event: the cursor lets only one of them have a page', async () => {
    const open = await unlocked(db.url);
    try {
      const relays = [startProcess({ url: open.url }), startProcess({ url: open.url })];
      for (const relay of relays) await active(relay);
      const collided = () => relays.some((relay) => relay.said('another relay has moved the cursor') > 0);
      await waitUntil(
        async () => {
          await write(10);
          return collided();
        },
        { what: 'both to read the same page', timeoutMs: 30_000 },
      );
      await expectAllOnce();
    } finally {
      await open.close();
    }
  });

  for (const clock of [
    [3_600_000, -3_600_000, 0],
    [-86_400_000 * 400, 86_400_000 * 2],
  ]) {
    it(`one whose clock is set by ${clock.join(', then ')} ms loses nothing, and keeps the order`, async () => {
      const relay = startProcess({ clock });
      await active(relay);
      for (const ahead of clock) {
        await write(20);
        relay.child.kill('SIGUSR2');
        await waitUntil(() => relay.said(`clock ${ahead}`) > 0, { what: 'the clock to be set' });
        await write(20);
      }
      await expectAllOnce();
      // Another one takes over whose clock is right.
      relay.child.kill('SIGKILL');
      await active(startProcess());
      await write(20);
      await expectAllOnce();
    });
  }
});
