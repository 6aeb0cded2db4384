import { expect } from 'chai';
import pg from 'pg';
import { reclaim } from '../../src/relay/cursor/reclaim.ts';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { setNextXid } from '../support/next-xid.ts';
import { createMovingHistory } from './moving-history.ts';
import { randomFrom } from './random.ts';
import { ask, captureThings, eventsOfThings, openReader } from './thing-reader.ts';

const boundary = 2n ** 32n;

describe('transaction ids beyond 32 bits', function () {
  this.timeout(60_000);
  let server: LocalPostgres;
  let url: string;

  beforeEach(async () => {
    server = await startPostgres({ inMemory: true, settings: { autovacuum: 'off' } });
    await server.createDatabase('things');
    url = server.url('things');
    await captureThings(url);
    for (const name of ['things', 'template1', 'postgres']) await ask(server.url(name), 'vacuum (freeze)');
    for (let done = false; !done; ) {
      await server.stop();
      done = await setNextXid(server.dataDirectory, boundary - 150n);
      await server.start();
    }
  });
  afterEach(() => server.close());

  const currentId = async (): Promise<bigint> =>
    BigInt((await ask<{ xid: string }>(url, 'select pg_current_xact_id()::text as xid'))[0]!.xid);

  it('are read with nothing lost, repeated or out of order', async () => {
    expect(await currentId()).to.be.below(Number(boundary));
    const random = randomFrom(2);
    const history = await createMovingHistory(url, random);
    // Begun before the boundary, it commits behind it.
    const late = new pg.Client({ connectionString: url });
    await late.connect();
    await late.query(`begin; insert into thing values (1000, 'late')`);
    let reader = await openReader(url);
    for (let i = 0; i < 400; i++) {
      await history.step();
      if (random(i < 200 ? 4 : 40) === 0) await reader.turn();
      if (random(60) === 0) {
        await reader.end();
        reader = await openReader(url);
        expect(reader.reason).to.equal(undefined);
      }
    }
    expect(await currentId()).to.be.above(Number(boundary));
    expect(Object.keys(await eventsOfThings(url))).not.to.include('1000');
    await late.query('commit');
    await late.end();
    await history.finish();
    await reader.turnAll();
    expect(await eventsOfThings(url)).to.eql({
      ...Object.fromEntries(history.expected),
      1000: ['thing_create'],
    });
    await reader.end();
  });

  it('do not hide what is unread from what empties the outbox', async () => {
    const toEmptiable = `update rowhook.outbox
      set slot = ((date_part('epoch', clock_timestamp())::bigint / 600 + 3) % 6)::smallint`;
    const reader = await openReader(url);
    await ask(url, `insert into thing values (1, 'n')`);
    await reader.turnAll();
    const burn = 'do $$ begin for i in 1..200 loop perform pg_current_xact_id(); commit; end loop; end $$';
    await ask(url, burn, `insert into thing values (2, 'n')`, toEmptiable);
    expect(await reclaim(reader.client, reader.cursor())).to.eql([]);
    await reader.turnAll();
    expect(await reclaim(reader.client, reader.cursor())).to.have.length(1);
    await reader.end();
    expect(await eventsOfThings(url)).to.eql({ 1: ['thing_create'], 2: ['thing_create'] });
  });
});
