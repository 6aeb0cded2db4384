import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { type DaemonProcess, startDaemon } from '../faults/daemon-process.ts';
import { prepareThings } from '../faults/scene.ts';
import { createTestDatabase, type TestDatabase, withTemplate } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { type HostileKind, hostileKinds } from './hostile-answers/kinds.ts';
import { leaves, okWithBody } from './hostile-answers/ways.ts';
import { type RawServer, startRawServer } from './raw-server.ts';

/** To each endpoint, in all; after the first third its memory is taken for what it needs. */
const third = 8;
const growthMaxMb = 40;
const peakMaxMb = 200;
/** A slow machine may take long for all at once: of the others none ends by its deadline. */
const patientMs = 30_000;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const kinds: readonly HostileKind[] = [
  ...hostileKinds,
  { what: 'is well', answer: leaves(okWithBody), reasons: ['success'] },
];

describe('a daemon all of whose receivers but one misbehave', function () {
  this.timeout(120_000);
  const servers: RawServer[] = [];
  let db: TestDatabase;
  let daemon: DaemonProcess | undefined;
  before(async () => {
    db = await createTestDatabase({ template: await withTemplate('captured-things', prepareThings) });
  });
  after(async () => {
    await daemon?.kill();
    for (const server of servers) await server.close();
    await db.drop();
  });

  /** Returns its endpoint's id. A delivery is tried once, whatever comes of it. */
  const register = async (kind: HostileKind): Promise<string> => {
    const server = await startRawServer(kind.answer, kind.tls ? { tls: kind.tls } : {});
    servers.push(server);
    const scheme = kind.scheme ?? (kind.tls ? 'https' : 'http');
    const { rows } = await db.query<{ id: string }>(
      `insert into rowhook.endpoint (url, events, secret, ca, timeout_ms, schedule)
         values ($1, '{*}', $4, $2, $3, '{}') returning id::text`,
      [
        `${scheme}://${scheme === 'https' ? 'localhost' : '127.0.0.1'}:${server.port}/`,
        kind.ca ?? null,
        kind.timeoutMs ?? patientMs,
        secret,
      ],
    );
    return rows[0]!.id;
  };
  let things = 0;
  /** Of so many new things every endpoint is told; resolves when all has been tried. */
  const tell = async (count: number): Promise<void> => {
    await db.query(`insert into thing select i, 'n' from generate_series($1::int, $2::int) i`, [
      things + 1,
      things + count,
    ]);
    things += count;
    await waitUntil(
      async () => {
        // Nothing is held back from who has failed so often.
        await db.query('delete from rowhook.endpoint_health');
        const { rows } = await db.query<{ n: number }>('select count(*)::int as n from rowhook.attempt');
        return rows[0]!.n === things * kinds.length;
      },
      { what: 'an attempt of each delivery', timeoutMs: 100_000 },
    );
  };
  /** Of the daemon, in MB. Linux only. */
  const memory = async (what: 'VmRSS' | 'VmHWM'): Promise<number> => {
    const status = await readFile(`/proc/${daemon!.child.pid}/status`, 'utf8');
    return (Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)![1]) * 1_024) / 1e6;
  };

  it(`keeps its memory, and says why each failed: ${3 * third} deliveries to each of ${hostileKinds.length} kinds`, async () => {
    const ids: string[] = [];
    for (const kind of kinds) ids.push(await register(kind));
    daemon = await startDaemon(db.url);
    await tell(third);
    const before = await memory('VmRSS');
    await tell(2 * third);
    const growth = (await memory('VmRSS')) - before;
    const { rows } = await db.query<{ id: string; reasons: Array<string | null> }>(
      'select endpoint_id::text as id, array_agg(reason) as reasons from rowhook.attempt group by 1',
    );
    const said = new Map(rows.map(({ id, reasons }) => [id, reasons]));
    for (const [n, { what, reasons }] of kinds.entries()) {
      const all = said.get(ids[n]!);
      expect(all, what).to.have.length(3 * third);
      const others = all?.filter((reason) => !reasons.includes(reason!));
      expect(others, `a receiver that ${what}`).to.deep.equal([]);
    }
    expect(growth, 'growth in MB').to.be.below(growthMaxMb);
    expect(await memory('VmHWM'), 'most in MB').to.be.below(peakMaxMb);
  });
});
