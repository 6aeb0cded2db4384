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
    await reader.end();
  });
});
