import { expect } from 'chai';
import fc from 'fast-check';
import { capturedAmplo } from '../fixtures/amplo.ts';
import type { TestDatabase } from '../support/database.ts';
import { entityCount, type History, history, type Kind, Model, type Op, type Raised } from './amplo-model.ts';
import { endpointOf, relayed, sentEvents, startAmploRelay } from './amplo-run.ts';

const runs = 60;

/*
 * "An event of one Entity never reaches an endpoint of another", and nothing is lost: random histories of several entities through
 * the real triggers and the real relay. While the relay reads nobody writes, so the model knows whose each object is at that moment,
 * and needs not ask rowhook, whose answer is what is tested here.
 */
describe('amplo: random entities', function () {
  this.timeout(300_000);
  let db: TestDatabase;
  let runNr = 0;

  before(async () => {
    db = await capturedAmplo();
  });
  after(() => db.drop());

  it(`get all that is theirs, and nothing else, in ${runs} histories`, async () => {
    const seen = { moved: 0, gone: 0, deliveries: 0, unheard: 0 };
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.uniqueArray(fc.nat(entityCount - 1), { minLength: 1, maxLength: 3 }),
        (given, listening) => play(given, listening, seen),
      ),
      { numRuns: runs },
    );
    // Or the histories would not be about what they are meant to be about.
    for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.above(20);
  });

  async function play(
    { batches }: History,
    listening: readonly number[],
    seen: { moved: number; gone: number; deliveries: number; unheard: number },
  ): Promise<void> {
    runNr += 1;
    const names = namesOf(runNr);
    await db.query('truncate rowhook.endpoint, rowhook.event, rowhook.delivery');
    await db.query('insert into entities (id, name) select unnest($1::text[]), $2', [
      Array.from({ length: entityCount }, (_, nr) => names.id('entity', nr)),
      'Entity',
    ]);
    for (const nr of listening) await endpointOf(db, names.id('entity', nr));
    const model = new Model();
    let before = 0;
    for (const batch of batches) {
      const raised: Raised[] = [];
      const client = await db.pool.connect();
      try {
        for (const { ops, commits } of batch) {
          const start = model.copy();
          const tried = model.copy();
          await client.query('begin');
          for (const op of ops) {
            if (!tried.canDo(op)) continue;
            await client.query(...names.sql(op));
            tried.do(op);
          }
          await client.query(commits ? 'commit' : 'rollback');
          if (!commits) continue;
          Object.assign(model, { campaigns: tried.campaigns, donations: tried.donations });
          raised.push(...model.raisedSince(start));
          if (ops.some((each) => each.do === 'move')) seen.moved += 1;
        }
      } finally {
        client.release();
      }
      // The relay comes, and finds all of it.
      const { stop } = await startAmploRelay(db);
      try {
        await relayed(db);
      } finally {
        await stop();
      }
      const events = (await sentEvents(db)).slice(before);
      before += events.length;
      const expected = raised.map(({ kind, nr, action }) => {
        const entity = model.entityOf(kind, nr);
        const to = listening.includes(entity) ? names.id('entity', entity) : 'nobody';
        return `${kind}_${action} ${names.id(kind, nr)} to ${to}`;
      });
      const found = events.map(({ name, key, to }) => `${name} ${key} to ${to.join(' and ') || 'nobody'}`);
      expect(found).to.have.members(expected);
      // And each body speaks of what it is said to speak of, in the state in which it belongs to that entity.
      for (const { key, body, to } of events) {
        seen[to.length > 0 ? 'deliveries' : 'unheard'] += 1;
        if (to.length === 0) continue;
        const { data } = JSON.parse(body!);
        expect(data.id).to.equal(key);
        const { beneficiary_id, deleted_at } = data.attributes;
        if (deleted_at !== undefined) seen.gone += 1;
        if (beneficiary_id === undefined) continue;
        const campaign = names.nr(beneficiary_id);
        expect(to).to.deep.equal([names.id('entity', model.entityOf('campaign', campaign))]);
      }
    }
  }
});

/** Ids and statements of one run, in a database that holds the rows of the runs before. */
function namesOf(run: number): {
  id(kind: Kind | 'entity', nr: number): string;
  nr(id: string): number;
  sql(op: Op): [string, unknown[]];
} {
  const id = (kind: Kind | 'entity', nr: number) =>
    `${{ campaign: 'c', donation: 'd', entity: 'e' }[kind]}${String(run).padStart(11, '0')}${String(nr).padStart(12, '0')}`;
  const sql = (op: Op): [string, unknown[]] => {
    switch (op.do) {
      case 'start':
        return [
          `insert into campaigns (id, entity_id, name) values ($1, $2, 'n')`,
          [id('campaign', op.campaign), id('entity', op.entity)],
        ];
      case 'give':
        return [
          'insert into donations (id, beneficiary_id, amount) values ($1, $2, 5)',
          [id('donation', op.donation), id('campaign', op.campaign)],
        ];
      case 'change':
        return op.kind === 'campaign'
          ? [`update campaigns set name = name || 'n' where id = $1`, [id('campaign', op.nr)]]
          : ['update donations set amount = amount + 1 where id = $1', [id('donation', op.nr)]];
      case 'mark':
      case 'unmark':
        return [
          `update ${op.kind}s set deleted_at = ${op.do === 'mark' ? `'2017-11-06'` : 'null'} where id = $1`,
          [id(op.kind, op.nr)],
        ];
      case 'remove':
        return [`delete from ${op.kind}s where id = $1`, [id(op.kind, op.nr)]];
      case 'roll up':
        return [
          'update campaigns set total_raised = total_raised + 5, total_votes = total_votes + 1 where id = $1',
          [id('campaign', op.campaign)],
        ];
      case 'move':
        return [
          'update campaigns set entity_id = $2 where id = $1',
          [id('campaign', op.campaign), id('entity', op.entity)],
        ];
      case 'redirect':
        return [
          'update donations set beneficiary_id = $2 where id = $1',
          [id('donation', op.donation), id('campaign', op.campaign)],
        ];
    }
  };
  return { id, nr: (text) => Number(text.slice(12)), sql };
}
