import { expect } from 'chai';
import pg from 'pg';
import { createEndpoint } from '../../src/index.ts';
import { type DaemonProcess, startDaemon } from '../faults/daemon-process.ts';
import { ask, captureThings, eventsOfThings, inSeparateTransactions, things } from '../relay/thing-reader.ts';
import { twoClusters } from '../relay/two-clusters.ts';
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { header } from './running.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

interface Body {
  readonly type: string;
  readonly data: { readonly id: string; readonly name?: string; readonly body?: string };
}

interface Queue {
  readonly due: number;
  readonly leased: number;
  readonly waiting: number;
}

const bodyOf = ({ body }: ReceivedRequest): Body => JSON.parse(body.toString());
/** `thing_create 7 n`, whatever came with it. */
const told = (request: ReceivedRequest): string => {
  const { type, data } = bodyOf(request);
  return `${type} ${data.id} ${data.name ?? data.body}`;
};
const idOf = (request: ReceivedRequest): string => header(request, 'webhook-id')!;

describe('a dump of a database whose daemon was killed, loaded into another cluster', function () {
  this.timeout(90_000);
  const { ahead, behind, move } = twoClusters();
  let receiver: Receiver;
  const daemons: DaemonProcess[] = [];
  before(async () => {
    receiver = await startReceiver();
  });
  after(async () => {
    await Promise.all(daemons.map((daemon) => daemon.kill()));
    await receiver.close();
  });

  const daemonOn = async (url: string): Promise<DaemonProcess> => {
    const daemon = await startDaemon(url);
    daemons.push(daemon);
    return daemon;
  };
  const arrived = (): ReceivedRequest[] =>
    receiver.requests.filter((request) => bodyOf(request).type !== 'ping');
  /** Waits until the queue is so: what is due, what somebody sends, and what waits for a retry. */
  const queued = async (url: string, is: (queue: Queue) => boolean, what: string): Promise<void> => {
    await waitUntil(
      async () => {
        const [row] = await ask<Queue>(
          url,
          `select count(*) filter (where lease is null)::int as due, count(lease)::int as leased,
             (select count(*)::int from rowhook.delivery_waiting) as waiting from rowhook.delivery`,
        );
        return is(row!);
      },
      { what, timeoutMs: 30_000 },
    );
  };
  const empty = ({ due, leased, waiting }: Queue) => due + leased + waiting === 0;

  it('goes on there: nothing is lost, and nothing that had succeeded is sent again', async () => {
    const old = await ahead();
    await captureThings(old);
    const client = new pg.Client({ connectionString: old });
    client.on('error', () => {});
    await client.connect();
    await client.query('delete from rowhook.endpoint');
    await createEndpoint(client, things, {
      url: receiver.url('/things'),
      events: ['thing_create', 'thing_update', 'thing_delete'],
      secret,
    });
    // One at a time: behind the first note, which is never answered, the others stay due.
    const notes = {
      url: receiver.url('/notes'),
      events: ['note_create'],
      secret,
      concurrency: 1,
      timeoutMs: 60_000,
    };
    await createEndpoint(client, things, notes);
    await client.end();

    const first = await daemonOn(old);
    receiver.answer((request) => {
      const { type, data } = bodyOf(request);
      if (type === 'note_create') return { hang: true };
      return data.name === 'refused' ? { status: 500 } : {};
    });
    await ask(old, ...inSeparateTransactions(10));
    await queued(old, empty, 'ten things to be delivered');
    await ask(old, `insert into thing select i, 'refused' from generate_series(11, 13) i`);
    // For as long as this takes.
    const putOff = `update rowhook.delivery_waiting set due_at = now() + interval '1 hour' returning id`;
    await waitUntil(async () => (await ask(old, putOff)).length === 3, {
      what: 'three deliveries to wait for a retry',
      timeoutMs: 30_000,
    });
    await ask(old, `insert into note select i, 'n' from generate_series(1, 9) i`);
    await queued(old, ({ due, leased, waiting }) => due > 0 && leased > 0 && waiting === 3, 'some of each');
    await receiver.waitFor(() => arrived().some(({ path }) => path === '/notes'));
    await first.kill();
    const before = arrived();
    expect(before.filter(({ path }) => path === '/notes').map(told)).to.eql(['note_create 1 n']);
    // Changes that wait: nobody reads them in the old cluster.
    await ask(
      old,
      ...inSeparateTransactions(7, 14),
      `update thing set name = 'later' where id = 1`,
      'delete from thing where id = 2',
      `insert into note values (10, 'n')`,
    );

    const moved = await move(old, await behind());
    await ask(moved, `update thing set name = 'here' where id = 3`);
    // What would take a minute: the pause before a retry, the leases of who is dead, and his right to an endpoint with a limit.
    await ask(
      moved,
      'update rowhook.delivery_waiting set due_at = now()',
      'update rowhook.delivery set leased_until = now() where lease is not null',
      'update rowhook.endpoint_health set kept_until = now() where kept_until is not null',
    );
    receiver.answer(() => ({}));
    const second = await daemonOn(moved);
    await ask(moved, `insert into thing values (21, 'n')`);
    await waitUntil(async () => (await eventsOfThings(moved))['21'], { what: 'all changes to be read' });
    await queued(moved, empty, 'everything to be delivered');
    expect(second.said('the outbox comes from another cluster')).to.equal(true);

    // Of what was sent before, what had failed comes again, and what nobody knows of.
    const after = arrived().slice(before.length);
    const again = after.filter((request) => before.some((earlier) => idOf(earlier) === idOf(request)));
    expect(again.map(told).sort()).to.eql([
      'note_create 1 n',
      ...[11, 12, 13].map((id) => `thing_create ${id} refused`),
    ]);
    for (const request of again) {
      const earlier = before.find((one) => idOf(one) === idOf(request))!;
      expect(earlier.body.equals(request.body)).to.equal(true);
    }
    expect(new Set(after.map(idOf)).size).to.equal(after.length);
    // And all that was committed has arrived, as one delivery each.
    const each = new Map(arrived().map((request) => [idOf(request), told(request)]));
    expect([...each.values()].sort()).to.eql(
      [
        ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => `thing_create ${id} n`),
        ...[11, 12, 13].map((id) => `thing_create ${id} refused`),
        ...[14, 15, 16, 17, 18, 19, 20, 21].map((id) => `thing_create ${id} n`),
        ...['thing_update 1 later', 'thing_delete 2 n', 'thing_update 3 here'],
        ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => `note_create ${id} n`),
      ].sort(),
    );
  });
});
