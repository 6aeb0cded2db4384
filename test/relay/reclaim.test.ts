import { expect } from 'chai';
import pg from 'pg';
import { createLook } from '../../src/drift/look.ts';
import { reclaim } from '../../src/relay/cursor/reclaim.ts';
import { createTestDatabase } from '../support/database.ts';
import { ask, captureThings, created, eventsOfThings, openReader, things } from './thing-reader.ts';

/** Slots of the clock, and of later: each is ten minutes. */
const slotsSql = (from: number, to: number) =>
  `select ((date_part('epoch', clock_timestamp())::bigint / 600 + later) % 6)::int as slot from generate_series(${from}, ${to}) later`;

describe('an outbox that has lost partitions', () => {
  let url: string;
  beforeEach(async () => {
    url = (await createTestDatabase()).url;
    await captureThings(url);
  });
  const drop = async (from: number, to: number): Promise<string[]> => {
    const slots = await ask<{ slot: number }>(url, slotsSql(from, to));
    const names = slots.map(({ slot }) => `rowhook.outbox_${slot}`).sort();
    await ask(url, `drop table ${names}`);
    return names;
  };
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const inRest = async () => (await ask(url, 'select from rowhook.outbox_rest')).length;

  it('is read and emptied all the same, of nothing that is unread, beside transactions that write', async () => {
    // Now and later, so that the clock may go on; the last one is among those that are emptied.
    await drop(0, 4);
    const reader = await openReader(url);
    const late = await connect();
    await late.query(`begin; insert into thing values (1, 'late')`);
    await ask(url, `insert into thing values (2, 'n')`, `insert into thing values (3, 'n')`);
    await reader.turnAll();
    expect(await inRest()).to.equal(2);
    expect(await reclaim(reader.client, reader.cursor())).to.eql(['outbox_rest']);
    expect(await inRest()).to.equal(0);
    await late.query('commit');
    await late.end();
    await ask(url, `insert into thing values (4, 'n')`);
    expect(await reclaim(reader.client, reader.cursor())).to.eql([]);
    await reader.turnAll();
    expect(await eventsOfThings(url)).to.eql(created(4));
    expect(await reclaim(reader.client, reader.cursor())).to.eql(['outbox_rest']);
    expect(await reclaim(reader.client, reader.cursor())).to.eql([]);
    await reader.end();
  });

  it('is reported, and gets them back', async () => {
    const names = await drop(0, 1);
    const client = await connect();
    const drifts = () => createLook(things)(client);
    const found = await drifts();
    expect(found.map(({ kind, severity }) => [kind, severity])).to.eql(
      Array(2).fill(['outbox_partition_missing', 'note']),
    );
    expect(found.map(({ message }) => message.split(' ')[0])).to.eql(names);
    for (const statement of found.flatMap(({ fix }) => fix)) await client.query(statement);
    expect(await drifts()).to.eql([]);
    await client.query(`insert into thing values (1, 'n')`);
    expect(await inRest()).to.equal(0);
    await client.query('drop table rowhook.outbox_rest');
    for (const statement of (await drifts()).flatMap(({ fix }) => fix)) await client.query(statement);
    expect(await drifts()).to.eql([]);
    await client.end();
  });

  it('is told as what it is where writes fail: no slot, and no rest; and gets them back as their owner’s', async () => {
    const [name] = await drop(0, 0);
    const client = await connect();
    await client.query('drop table rowhook.outbox_rest');
    const drifts = () => createLook(things)(client);
    const found = await drifts();
    expect(found.map(({ severity, message }) => [severity, message.split(' ')[0]])).to.eql([
      ['blind', 'rowhook.outbox_rest'],
      ['blind', name],
    ]);
    expect(found.every(({ message }) => message.includes('writes to captured tables fail'))).to.equal(true);
    const statements = found.flatMap(({ fix }) => fix);
    for (const statement of statements) await client.query(statement);
    expect(await drifts()).to.eql([]);
    const owners = await ask<{ count: number }>(
      url,
      `select count(distinct relowner)::int from pg_class where relname like 'outbox%' and relkind in ('r', 'p')`,
    );
    expect(owners).to.eql([{ count: 1 }]);
    expect(statements.filter((statement) => statement.includes('OWNER TO'))).to.have.length(2);
    await client.end();
  });

  it('is emptied as far as it goes where one of its partitions cannot be', async () => {
    const reader = await openReader(url);
    const slots = await ask<{ slot: number }>(url, slotsSql(3, 4));
    const names = slots.map(({ slot }) => `outbox_${slot}`).sort();
    await ask(
      url,
      `insert into thing values (1, 'n')`,
      ...slots.map(
        ({ slot }) => `insert into rowhook.outbox (slot, capture_id, op, n) values (${slot}, 0, 'i', 0)`,
      ),
    );
    await reader.turnAll();
    const holder = await connect();
    await holder.query(`create function no() returns trigger language plpgsql as 'begin raise exception ''not this one''; end';
      create trigger no before truncate on rowhook.${names[0]} execute function no()`);
    const failed: string[] = [];
    expect(await reclaim(reader.client, reader.cursor(), (name) => failed.push(name))).to.eql([names[1]]);
    expect(failed).to.eql([names[0]]);
    await holder.end();
    await reader.end();
  });

  it('keeps what is in one that was detached', async () => {
    const reader = await openReader(url);
    const [far] = await ask<{ slot: number }>(url, slotsSql(3, 3));
    await ask(
      url,
      `insert into thing values (1, 'n')`,
      `update rowhook.outbox set slot = ${far!.slot}`,
      `alter table rowhook.outbox detach partition rowhook.outbox_${far!.slot}`,
      `insert into thing values (2, 'n')`,
    );
    await reader.turnAll();
    expect(await reclaim(reader.client, reader.cursor())).to.eql([]);
    expect(await ask(url, `select from rowhook.outbox_${far!.slot}`)).to.have.length(1);
    const client = await connect();
    const drifts = await createLook(things)(client);
    expect(drifts.map(({ severity }) => severity)).to.eql(['blind']);
    for (const statement of drifts[0]!.fix) await client.query(statement);
    expect(await createLook(things)(client)).to.eql([]);
    await client.end();
    await reader.turnAll();
    expect(await eventsOfThings(url)).to.eql(created(2));
    await reader.end();
  });
});
