import { expect } from 'chai';
import { pino } from 'pino';
import { one, text, texts } from '../../src/catalog/define.ts';
import { fromFunction } from '../../src/catalog/source.ts';
import type { Resource } from '../../src/catalog/types.ts';
import { answerRequests } from '../../src/relay/aside/requests.ts';
import { readCursor } from '../../src/relay/cursor/cursor.ts';
import type { PayloadSource } from '../../src/relay/payloads/external.ts';
import { dropSetAside, listSetAside, retrySetAside } from '../../src/store/set-aside.ts';
import { named, type OwnDatabase, ownDatabase } from './own-catalog.ts';

describe('retries of what is set aside', () => {
  let own: OwnDatabase;
  afterEach(() => own.end());

  const log = pino({ level: 'silent' });
  const half = one('halves', { from: 'id', to: 'id' }, text('half'));
  async function prepare(sql: string, resource: Partial<Resource> = {}): Promise<void> {
    own = await ownDatabase(`create table a (id int primary key, n int); ${sql}`, {
      name: 'own',
      resources: { a: { table: 'a', fields: { ...texts('id', 'n'), half }, ...resource } },
      events: { a_insert: { resource: 'a', on: 'insert' }, a_update: { resource: 'a', on: 'update' } },
    });
  }
  const halves = 'create view halves as select id, 10 / n as half from a';
  async function run(...statements: string[]): Promise<string[]> {
    for (const statement of statements) await own.db.query(statement);
    return named(await own.turnAll());
  }
  const rows = async (sql: string) => (await own.db.query<Record<string, string>>(sql)).rows;

  it('are made of whatever a record’s own values bring about: what the application raises, a subquery with two rows', async () => {
    await prepare(
      `create function checked(n int) returns int language plpgsql as
         $$ begin if n = 0 then raise exception 'no'; end if; return n; end $$;
       create view halves as select id, case when n = 1 then (select i from generate_series(1, 2) i) else checked(n) end as half from a`,
    );
    await own.endpoint();
    expect(await run('insert into a values (1, 0), (2, 1), (3, 2)')).to.eql(['a_insert 3']);
    expect((await listSetAside(own.db)).map(({ key, detail }) => `${key} ${detail}`).sort()).to.eql([
      '1 SQLSTATE P0001',
      '2 SQLSTATE 21000',
    ]);
    expect(await run('insert into a values (4, 0)')).to.eql([]);
    await run('update a set n = 2');
    expect(named(await own.retryAll())).to.have.members([
      ...['a_insert 1', 'a_update 1', 'a_insert 2', 'a_update 2', 'a_insert 4', 'a_update 4'],
    ]);
  });

  it('owe the deliveries of endpoints that are inactive meanwhile', async () => {
    await prepare(halves);
    const endpoint = await own.endpoint();
    await run('insert into a values (1, 0)');
    await own.db.query('update rowhook.endpoint set active = false');
    expect(await own.retryAll()).to.eql([]);
    expect(await listSetAside(own.db)).to.have.length(1);
    await run('update a set n = 1');
    expect((await own.retryAll()).map(({ name, payload, to }) => [name, payload !== null, to])).to.eql([
      ['a_insert', true, [endpoint]],
      ['a_update', true, [endpoint]],
    ]);
  });

  it('do not wait for long for an application that hangs for one record, and show the others', async () => {
    const load = async () => [];
    await prepare(halves, { source: fromFunction(load) });
    await own.endpoint();
    const failing: PayloadSource = {
      fetch: async (keys) => keys.map(() => ({ reason: 'source_failed', detail: 'failed', proven: true })),
    };
    const hanging: PayloadSource = {
      fetch: (keys, signal) =>
        keys.some(({ id }) => id === '1')
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : Promise.resolve(keys.map(() => '{}')),
    };
    await own.db.query('insert into a values (1, 1), (2, 2)');
    expect(await own.turnAll({ sources: new Map([['a', failing]]) })).to.eql([]);
    expect(named(await own.retryAll({ sources: new Map([['a', hanging]]) }))).to.eql(['a_insert 2']);
    const [left, ...none] = await listSetAside(own.db);
    expect(left).to.include({ key: '1', tries: 1, detail: 'no answer in the time that a retry has' });
    expect(none).to.eql([]);
  });

  it('and drops that somebody asks for are done in slices, each with its cursor', async () => {
    await prepare(halves);
    await own.endpoint();
    await run(`insert into a select i, 0 from generate_series(1, 5) i`, `update a set n = -0 where id > 3`);
    const slices = async (): Promise<string[]> => {
      const seen: string[] = [];
      for (;;) {
        const { asked, due, events, records } = (
          await rows(
            `select (select count(*) from rowhook.set_aside_request) as asked,
             count(*) filter (where retry_at <= clock_timestamp()) as due, count(*) as records,
             (select count(*) from rowhook.set_aside_event) as events from rowhook.set_aside`,
          )
        )[0]!;
        seen.push(`${due} due, ${events} of ${records}`);
        if (Number(asked) === 0) return seen;
        const before = (await readCursor(own.client))!;
        const after = await answerRequests(own.client, before, log, 2);
        expect((await readCursor(own.client))!.id)
          .to.equal(after.id)
          .and.to.equal(before.id + 1);
      }
    };
    await retrySetAside(own.db);
    expect(await slices()).to.eql(['0 due, 5 of 5', '2 due, 5 of 5', '4 due, 5 of 5', '5 due, 5 of 5']);
    await dropSetAside(own.db, { resource: 'a', key: '3' });
    await dropSetAside(own.db);
    expect(await slices()).to.eql([
      '5 due, 5 of 5',
      '4 due, 4 of 4',
      '2 due, 2 of 2',
      '0 due, 0 of 0',
      '0 due, 0 of 0',
    ]);
  });

  it('of records that a TRUNCATE has ended need one row for all of them', async () => {
    await prepare(halves);
    await own.endpoint();
    await run('insert into a values (1, 0), (2, 0), (3, 0)');
    await run('truncate a');
    expect(await rows('select record_key from rowhook.set_aside_event where ended is not null')).to.eql([
      { record_key: '' },
    ]);
    await run('insert into a values (1, 0)');
    expect(named(await own.retryAll())).to.have.members(['a_insert 2', 'a_insert 3']);
    expect((await listSetAside(own.db)).map(({ key, events }) => [key, events.count])).to.eql([['1', 2]]);
    await run('update a set n = 1');
    expect(named(await own.retryAll())).to.eql(['a_insert 1', 'a_insert 1', 'a_update 1']);
    expect(await rows('select from rowhook.set_aside_event')).to.eql([]);
  });
});
