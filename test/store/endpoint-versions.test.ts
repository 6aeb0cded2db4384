import { expect } from 'chai';
import type pg from 'pg';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { disableEndpoint, pauseEndpoint, resumeEndpoint } from '../../src/store/endpoint-state.ts';
import { createEndpoint, deleteEndpoint, getEndpoint, updateEndpoint } from '../../src/store/endpoints.ts';
import { createSealer } from '../../src/store/sealer.ts';
import { rotateSecret } from '../../src/store/secrets.ts';
import type { Queryable } from '../../src/store/sql.ts';
import { secretKeys } from '../../src/wire/secret-key.ts';
import { count, enqueue, payloads, queueDatabase } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

const catalog = siteStacker();

describe('the version of an endpoint', () => {
  let db: TestDatabase;
  let id: string;
  let version: string;
  beforeEach(async () => {
    db = await queueDatabase();
    const input = { url: 'https://hooks.example.net/ss', events: ['*'], secret: 'topsecret' };
    ({ id, version } = await createEndpoint(db.pool, catalog, input));
  });

  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: Error & { code?: string }) => error.code,
    );

  type Change = (db: Queryable, options: { ifVersion?: string }) => Promise<unknown>;
  const changes: ReadonlyArray<readonly [string, Change]> = [
    ['update', (on, options) => updateEndpoint(on, catalog, id, { description: 'mine' }, options)],
    ['rotateSecret', (on, options) => rotateSecret(on, catalog, id, options)],
    ['pause', (on, options) => pauseEndpoint(on, id, options)],
    ['disable', (on, options) => disableEndpoint(on, id, options)],
    ['resume', (on, options) => resumeEndpoint(on, id, { held: 'deliver', ...options })],
    ['resume that drops', (on, options) => resumeEndpoint(on, id, { held: 'drop', ...options })],
    ['delete', (on, options) => deleteEndpoint(on, id, options)],
  ];

  for (const [what, change] of changes) {
    it(`lets a ${what} happen to what somebody has seen, and to nothing else`, async () => {
      await pauseEndpoint(db.pool, id);
      const seen = await getEndpoint(db.pool, id);
      const health = `select failures from rowhook.endpoint_health where endpoint_id = $1`;
      await db.query('insert into rowhook.endpoint_health (endpoint_id, failures) values ($1, 3)', [id]);
      const before = await count(db, 'delivery');
      expect(await codeOf(change(db.pool, { ifVersion: version }))).to.equal('version_conflict');
      expect(await codeOf(change(db.pool, { ifVersion: 'of nothing' }))).to.equal('version_conflict');
      expect((await getEndpoint(db.pool, id)).version).to.equal(seen.version);
      expect(await count(db, 'delivery')).to.equal(before);
      expect((await db.query(health, [id])).rows).to.deep.equal([{ failures: 3 }]);
      expect(await codeOf(change(db.pool, { ifVersion: seen.version }))).to.equal('done');
      expect(await codeOf(change(db.pool, { ifVersion: seen.version }))).to.equal(
        what === 'delete' ? 'endpoint_unknown' : what === 'pause' ? 'done' : 'version_conflict',
      );
    });

    it(`keeps a ${what} from one that somebody else is changing`, async () => {
      const other = await db.pool.connect();
      try {
        await other.query('begin');
        await updateEndpoint(other, catalog, id, { description: 'theirs' });
        const outcome = codeOf(change(db.pool, { ifVersion: version }));
        await waitUntil(() => someoneWaits(db), { what: 'the change to wait for the other one' });
        await other.query('commit');
        expect(await outcome).to.equal('version_conflict');
      } finally {
        other.release();
      }
      const left = await getEndpoint(db.pool, id);
      expect(left).to.include({ description: 'theirs', state: 'active', hasSecret: true });
    });
  }

  it('is another one after any change, also of what nobody is shown, and none of its health', async () => {
    await db.query('insert into rowhook.endpoint_health (endpoint_id, failures) values ($1, 3)', [id]);
    expect((await getEndpoint(db.pool, id)).version).to.equal(version);
    const { endpoint } = await rotateSecret(db.pool, catalog, id);
    expect(endpoint.version).not.to.equal(version);
    expect((await pauseEndpoint(db.pool, id)).version).not.to.equal(endpoint.version);
  });

  it('tells while held deliveries are dropped how many were, also where it breaks off', async () => {
    await enqueue(db, id, payloads(3));
    await pauseEndpoint(db.pool, id);
    const told: number[] = [];
    let statements = 0;
    const breaking: Queryable = {
      query: ((text: string, values: unknown[]) => {
        statements += 1;
        return statements > 1 ? Promise.reject(new Error('lost')) : db.pool.query(text, values);
      }) as Queryable['query'],
    };
    const options = { held: 'drop' as const, onDropped: (dropped: number) => told.push(dropped) };
    expect(await codeOf(resumeEndpoint(breaking, id, options))).to.equal(undefined);
    expect(told).to.deep.equal([4]);
    expect((await getEndpoint(db.pool, id)).state).to.equal('paused');
  });
});

async function someoneWaits(db: TestDatabase): Promise<boolean> {
  const { rows } = await db.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}

describe('headers of an endpoint whose values are not said again', () => {
  for (const [what, keys] of [
    ['sealed', 'k1:8vPlYTDKHpPTyVMo4XmmBNcZ8PVQNSwDRuFUJnxzLW4='],
    ['plain', undefined],
  ] as const) {
    it(`keep those that they have, ${what}`, async () => {
      const db = await queueDatabase();
      const sealer = createSealer(keys === undefined ? [] : secretKeys(keys));
      const stored = async (client: Pick<pg.Pool, 'query'>) => {
        const { rows } = await client.query('select headers from rowhook.endpoint');
        return JSON.parse(sealer.open(rows[0].headers, { endpointId: '1', column: 'headers' })) as unknown;
      };
      const headers: [string, string][] = [
        ['X-Key', 'one'],
        ['X-Other', 'two'],
      ];
      const input = { url: 'https://hooks.example.net/', events: ['*'], headers };
      const { id } = await createEndpoint(db.pool, catalog, input, { sealer });
      const changed = await updateEndpoint(
        db.pool,
        catalog,
        id,
        {
          headers: [
            ['x-key', null],
            ['X-New', 'three'],
          ],
        },
        { sealer },
      );
      expect(changed.headers).to.deep.equal(['x-key', 'X-New']);
      expect(await stored(db.pool)).to.deep.equal([
        ['x-key', 'one'],
        ['X-New', 'three'],
      ]);
      const refused = await updateEndpoint(
        db.pool,
        catalog,
        id,
        { headers: [['X-Gone', null]] },
        { sealer },
      ).catch((error: unknown) => error);
      expect(refused).to.include({ code: 'endpoint_invalid', where: 'headers' });
      // Without the key only those can be set that are all named anew.
      if (keys !== undefined) {
        const kept = updateEndpoint(db.pool, catalog, id, { headers: [['x-key', null]] });
        expect(await kept.catch((error: unknown) => error)).to.include({ code: 'secret_sealed' });
        expect((await updateEndpoint(db.pool, catalog, id, { headers: [['A', 'b']] })).headers).to.deep.equal(
          ['A'],
        );
      }
    });
  }
});
