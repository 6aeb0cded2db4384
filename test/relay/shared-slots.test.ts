import { expect } from 'chai';
import pg from 'pg';
import { reclaim } from '../../src/relay/cursor/reclaim.ts';
import { createTestDatabase } from '../support/database.ts';
import { ask, captureThings, eventsOfThings, openReader, type ThingReader } from './thing-reader.ts';

const slots = 6;
/** More than the ring holds. */
const intervals = 2 * slots + 3;
const thingsEach = 4;

describe('slots of the outbox that are used again before they are read', () => {
  let url: string;
  let reader: ThingReader;
  beforeEach(async () => {
    ({ url } = await createTestDatabase());
    await captureThings(url);
    await ask(
      url,
      `alter table rowhook.outbox alter slot set default (
         (date_part('epoch', clock_timestamp())::bigint / 600 + coalesce(current_setting('test.ahead', true), '0')::int) % ${slots}
       )::smallint`,
    );
    reader = await openReader(url);
  });
  afterEach(() => reader.end());

  /** For a writer the clock is so many intervals of ten minutes ahead. */
  const ahead = (shift: number) => `set test.ahead = ${shift}`;
  const slotsInUse = async (): Promise<string[]> =>
    (
      await ask<{ name: string }>(
        url,
        'select distinct tableoid::regclass::text as name from rowhook.outbox order by name',
      )
    ).map(({ name }) => name.replace('rowhook.', ''));
  const all = Array.from({ length: slots }, (_, i) => `outbox_${i}`);

  it('are read in order, each change once, and given back', async () => {
    const expected: Record<string, string[]> = {};
    const raise = (id: number, name: string) => {
      expected[id] = [...(expected[id] ?? []), `thing_${name}`];
    };
    for (let shift = 0; shift < intervals; shift++) {
      const writes = [ahead(shift)];
      for (let i = 0; i < thingsEach; i++) {
        const id = thingsEach * shift + i;
        writes.push(`insert into thing values (${id}, 'n')`);
        raise(id, 'create');
        if (shift === 0) continue;
        // Those of the interval before, and of one that had the same slot.
        writes.push(`update thing set name = name || '!' where id = ${id - thingsEach}`);
        raise(id - thingsEach, 'update');
        if (shift < slots || i > 0) continue;
        writes.push(`delete from thing where id = ${id - thingsEach * slots}`);
        raise(id - thingsEach * slots, 'delete');
      }
      await ask(url, ...writes);
    }
    const shared = await ask(
      url,
      `select slot from rowhook.outbox group by slot having max(seq) - min(seq) > ${slots * thingsEach}`,
    );
    expect(shared).to.have.length(slots);
    // In the middle of the backlog nothing is given back.
    for (let page = 0; page < 3; page++) await reader.turn();
    expect(await reclaim(reader.client, reader.cursor())).to.eql([]);
    expect(Object.keys(await eventsOfThings(url)).length).to.be.within(1, 50);
    await reader.turnAll();
    expect(await eventsOfThings(url)).to.eql(expected);
    const first = await reclaim(reader.client, reader.cursor());
    expect(first).to.have.length(3);
    // Half an hour later, by its clock.
    await reader.client.query(`create schema later; create function later.clock_timestamp() returns timestamptz
      language sql as $$ select pg_catalog.clock_timestamp() + interval '30 min' $$; set search_path = later, pg_catalog, public`);
    const second = await reclaim(reader.client, reader.cursor());
    expect([...first, ...second].sort()).to.eql(all);
    expect(await slotsInUse()).to.eql([]);
  });

  it('stay as they are while a writer is in one, and until its change is read', async () => {
    const late = new pg.Client({ connectionString: url });
    await late.connect();
    try {
      await late.query(`${ahead(3)}; begin; insert into thing values (1, 'late')`);
      await ask(url, ahead(3), `insert into thing values (2, 'n')`);
      const [slot] = await slotsInUse();
      await ask(url, ahead(4), `insert into thing values (3, 'n')`);
      await reader.turnAll();
      expect(Object.keys(await eventsOfThings(url))).to.eql(['2', '3']);
      // The other one alone, and nobody waits.
      await reader.client.query(`set statement_timeout = '10s'`);
      const emptied = await reclaim(reader.client, reader.cursor());
      expect(emptied).to.have.length(1).and.not.include(slot);
      await late.query(`insert into thing values (4, 'later'); commit`);
      expect(await reclaim(reader.client, reader.cursor())).to.eql([]);
      await reader.turnAll();
      expect(await eventsOfThings(url)).to.eql(
        Object.fromEntries([1, 2, 3, 4].map((id) => [id, ['thing_create']])),
      );
      expect(await reclaim(reader.client, reader.cursor())).to.include(slot);
    } finally {
      await late.end();
    }
  });
});
