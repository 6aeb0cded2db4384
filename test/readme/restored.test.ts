import { expect } from 'chai';
import { capturedCrm } from '../fixtures/captured.ts';
import { named, relayed, startRelay, subscribe } from '../relay/relay-run.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { blocksOf, readDocument } from './documents.ts';

/** A dump that comes from a cluster whose transaction ids were far ahead, with three changes that no relay has read. */
async function restored(): Promise<TestDatabase> {
  const database = await capturedCrm();
  await subscribe(database);
  const first = await startRelay(database);
  await relayed(database);
  await first.stop();
  await database.query(`update tags set name = 'one' where id = (select min(id) from tags)`);
  await database.query(`insert into tags (name) values ('two')`);
  await database.query(`update people set lastname = 'three' where id = (select min(id) from people)`);
  await database.query(`truncate rowhook.event`);
  await database.query(`update rowhook.relay_cursor set system_identifier = 7, consumed = '900000:900000:'`);
  await database.query(
    `update rowhook.outbox set xid = (xid::text::bigint + 900000)::text::xid8 where changed_at > now() - interval '1 day'`,
  );
  return database;
}

describe('what operations.md says of restored databases', function () {
  this.timeout(60_000);
  const steps = async (): Promise<string[]> => {
    const page = await readDocument('docs/operations.md');
    // The blocks of a list are indented.
    const section = page.slice(page.indexOf('## Restored databases')).replace(/^ {3}/gm, '');
    return blocksOf(section)
      .filter(({ language }) => language === 'sql')
      .map(({ text }) => text);
  };

  it('is true: the relay reads nothing until somebody decides', async () => {
    const database = await restored();
    const { relay, stop } = await startRelay(database);
    await waitUntil(() => relay.standing() === 'failing', { what: 'the relay to refuse' });
    await stop();
    const { rows } = await database.query('select name from rowhook.event');
    expect(rows).to.deep.equal([]);
  });

  it('has all of the outbox read, though its transaction ids are those of another cluster', async () => {
    const database = await restored();
    const [look, readAll] = await steps();
    const { rows } = await database.query<{ table_name: string }>(look!);
    expect(rows.map((row) => row.table_name)).to.include.members(['"public"."tags"', '"public"."people"']);
    await database.query(readAll!);
    const { stop } = await startRelay(database);
    const events = named(await relayed(database)).map((event) => event.split(' ')[0]);
    await stop();
    expect(events).to.include.members(['tag_update', 'tag_create', 'person_update']);
  });

  it('drops the outbox, and reads what comes then', async () => {
    const database = await restored();
    const drop = (await steps())[2];
    await database.query(drop!);
    const { stop } = await startRelay(database);
    await database.query(`update tags set name = 'four' where id = (select min(id) from tags)`);
    const events = named(await relayed(database)).map((event) => event.split(' ')[0]);
    await stop();
    expect(events).to.deep.equal(['tag_update']);
  });
});
