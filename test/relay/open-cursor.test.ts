import { expect } from 'chai';
import { dumpDatabase, loadDump } from '../support/dump.ts';
import {
  ask,
  captureThings,
  created,
  eventsOfThings,
  inSeparateTransactions,
  openReader,
  park,
  partlyRead,
} from './thing-reader.ts';
import { twoClusters } from './two-clusters.ts';

describe('that a database has moved to another cluster', function () {
  this.timeout(60_000);
  const { ahead, behind, copyBehind, move } = twoClusters();

  it('is noticed in the same cluster too, where all ids are lower than those given out', async () => {
    const url = await ahead();
    await partlyRead(url, 30);
    const copy = await move(url, await ahead());
    const second = await openReader(copy);
    expect(second.reason).to.equal('loaded_from_dump');
    await second.turnAll();
    await second.end();
    expect(await eventsOfThings(copy)).to.eql(created(30));
  });

  it('is noticed by the identifier alone, where version 2 wrote the cursor and all its ids lie behind', async () => {
    const url = await behind();
    await partlyRead(url, 20);
    const moved = await move(url, await ahead());
    await ask(moved, 'update rowhook.relay_cursor set written_by = null');
    const reader = await openReader(moved);
    expect(reader.reason).to.equal('system_identifier');
    await reader.turnAll();
    await reader.end();
    expect(await eventsOfThings(moved)).to.eql(created(20));
  });

  it('is told from a copy of its files, which goes on where it stood', async () => {
    const url = await behind();
    await partlyRead(url, 30);
    const copied = await copyBehind(url);
    const copy = await openReader(copied);
    expect(copy.reason).to.equal(undefined);
    await copy.turnAll();
    await copy.end();
    expect(await eventsOfThings(copied)).to.eql(created(30));
  });

  it('is noticed by ids that are not given out yet, where no relay ever ran', async () => {
    const url = await ahead();
    await captureThings(url);
    await ask(url, ...inSeparateTransactions(3));
    const moved = await move(url, await behind());
    await ask(moved, 'insert into thing values (4, $$n$$)');
    const reader = await openReader(moved);
    expect(reader.reason).to.equal('ids_ahead');
    await reader.turnAll();
    await reader.end();
    expect(await eventsOfThings(moved)).to.eql(created(4));
  });

  for (const [what, sql] of [
    ['the cursor', 'truncate rowhook.outbox'],
    [
      'a change',
      `update rowhook.relay_cursor set consumed = '5:5:', reading = null, deferred = '{}', last_seq = 0`,
    ],
  ]) {
    it(`is noticed by ids of ${what} between copies of one cluster, where version 2 wrote the cursor`, async () => {
      const url = await ahead();
      await partlyRead(url, 20);
      const moved = await move(url, await behind());
      await ask(
        moved,
        `update rowhook.relay_cursor set written_by = null, system_identifier = (select system_identifier from pg_control_system())`,
        sql!,
      );
      const reader = await openReader(moved);
      expect(reader.reason).to.equal('ids_ahead');
      await ask(moved, `insert into thing values (99, 'n')`);
      await reader.turnAll();
      await reader.end();
      expect((await eventsOfThings(moved))['99']).to.eql(['thing_create']);
    });
  }

  it('goes on though its sequence was left behind', async () => {
    const url = await ahead();
    await partlyRead(url, 30);
    const dump = await dumpDatabase(url);
    const moved = await behind();
    await loadDump(moved, {
      ...dump,
      sequences: dump.sequences.filter((sql) => !sql.includes('outbox_seq')),
    });
    const second = await openReader(moved);
    await ask(moved, ...inSeparateTransactions(2, 31));
    await second.turnAll();
    await second.end();
    expect(await eventsOfThings(moved)).to.eql(created(32));
  });

  it('loses nothing where only its definitions were restored', async () => {
    const url = await ahead();
    await captureThings(url);
    const dump = await dumpDatabase(url);
    const captures = dump.tables.filter(({ name }) => /capture|schema_version/.test(name));
    const moved = await behind();
    await loadDump(moved, { ...dump, tables: captures, sequences: [] });
    const reader = await openReader(moved);
    // An empty page that moves the cursor: its sample must lie below the first change.
    await park(moved, { key: '0', xid: '5' });
    await reader.turn();
    await reader.turn();
    await ask(moved, ...inSeparateTransactions(3));
    await reader.turnAll();
    await reader.end();
    const { 0: _, ...rest } = await eventsOfThings(moved);
    expect(rest).to.eql(created(3));
  });

  it('loses nothing that the application wrote before the relay came, though the sequence was left behind', async () => {
    const url = await ahead();
    await partlyRead(url, 30);
    const dump = await dumpDatabase(url);
    const moved = await behind();
    const sequences = dump.sequences.filter((sql) => !sql.includes('outbox_seq'));
    await loadDump(moved, { ...dump, sequences });
    // More than the seqs that there are: the last of them go beyond.
    await ask(moved, ...inSeparateTransactions(40, 31));
    const second = await openReader(moved);
    await second.turnAll();
    await second.end();
    expect(await eventsOfThings(moved)).to.eql(created(70));
  });

  it('is noticed by ids of a later epoch, where no relay ever ran', async () => {
    const url = await behind();
    await captureThings(url);
    await ask(url, ...inSeparateTransactions(3));
    await ask(url, `update rowhook.outbox set xid = (4294967296 + xid::text::bigint - 200)::text::xid8`);
    const reader = await openReader(url);
    await reader.turnAll();
    await reader.end();
    expect(await eventsOfThings(url)).to.eql(created(3));
  });
});
