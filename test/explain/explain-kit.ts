import pg from 'pg';
import { pino } from 'pino';
import { defineCatalog, texts } from '../../src/catalog/define.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import type { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { type ExplainOptions, explain, explainRecord } from '../../src/explain/explain.ts';
import type { Step, StepCode, Story } from '../../src/explain/story.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay } from '../../src/relay/relay.ts';
import { count, impatient, retryNow, startDispatcher } from '../delivery/queue.ts';
import { captureAll } from '../fixtures/captured.ts';
import { createTestDatabase, type TestDatabase, withTemplate } from '../support/database.ts';
import { type Receiver, type Script, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';

/** A fund with gifts to campaigns, each of which is a tenant's; and members, whose key has two columns. */
export const fund: Catalog = defineCatalog({
  name: 'fund',
  dialect: 'site-stacker',
  resources: {
    campaign: {
      table: 'campaigns',
      fields: texts('id', 'name'),
      tenant: 'org',
      parts: [{ table: 'goals', from: 'campaign_code', to: 'code', columns: ['amount'] }],
    },
    gift: { table: 'gifts', fields: texts('id', 'note'), tenant: 'org' },
    member: { table: 'members', key: ['team', 'name'], fields: texts('team', 'name', 'role') },
  },
  events: {
    campaign_create: { resource: 'campaign', on: 'insert' },
    campaign_update: { resource: 'campaign', on: 'update' },
    gift_create: { resource: 'gift', on: 'insert' },
    gift_update: { resource: 'gift', on: 'update' },
    gift_paid: {
      resource: 'gift',
      on: 'transition',
      transition: { column: 'state', to: 'paid' },
      when: { new: { test: false } },
    },
    gift_delete: { resource: 'gift', on: 'delete' },
    member_update: { resource: 'member', on: 'update' },
  },
});

const tables = `
  create table campaigns (id int primary key, name text, org text, code text);
  create table goals (id int primary key, campaign_code text, amount int);
  create table gifts (id int primary key, note text, org text, state text, test boolean not null default false, secret_note text);
  create table members (team int, name text, role text, primary key (team, name));
  insert into campaigns values (1, 'Water', 'a', 'W');
  insert into goals values (5, 'W', 100);
  insert into members values (7, 'Ada "L"', 'guest')`;

/** Everything that a story may be about: the real relay and dispatcher on a database of their own, and stories of what they did. */
export interface ExplainKit {
  readonly db: TestDatabase;
  /** Registers an endpoint as the columns say; returns its id. */
  endpoint(columns: Record<string, unknown>): Promise<string>;
  receiver(script?: Script): Promise<Receiver>;
  startRelay(): Promise<void>;
  stopRelay(): Promise<void>;
  /** Runs these statements, and waits until what is committed has become events. Returns the ids of the new events. */
  relayed(...statements: string[]): Promise<string[]>;
  /** Lets a dispatcher send what may be sent. A failed delivery is tried `rounds` times in all. */
  send(rounds?: number): Promise<void>;
  /** A dispatcher that goes on until it is stopped; retries are due after an hour. */
  dispatcher(retries: number): Promise<{ readonly dispatcher: Dispatcher }>;
  /** Waits until there are so many attempts in all. */
  attempted(count: number): Promise<void>;
  /** Brings back what waits for its next attempt. */
  retry(): Promise<void>;
  explain(id: string, options?: ExplainOptions): Promise<Story>;
  explainRecord(name: string, since?: Date | number, options?: ExplainOptions): Promise<Story>;
  end(): Promise<void>;
}

export async function explainKit(): Promise<ExplainKit> {
  const template = await withTemplate('explained-fund', async (url) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(tables);
    await captureAll(client, fund);
    await client.end();
  });
  const db = await createTestDatabase({ template });
  const closing: Array<() => Promise<unknown>> = [];
  let stopRelay: (() => Promise<void>) | undefined;
  const eventIds = async (): Promise<string[]> => {
    const { rows } = await db.query<{ id: string }>('select id from rowhook.event order by id');
    return rows.map(({ id }) => id);
  };
  const kit: ExplainKit = {
    db,
    async endpoint(columns) {
      const names = Object.keys(columns);
      const { rows } = await db.query<{ id: string }>(
        `insert into rowhook.endpoint (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')}) returning id::text`,
        Object.values(columns),
      );
      return rows[0]!.id;
    },
    async receiver(script) {
      const made = await startReceiver(script);
      closing.push(() => made.close());
      return made;
    },
    async startRelay() {
      const connection = { connectionString: db.url };
      const log = pino({ level: process.env.ROWHOOK_TEST_LOG ?? 'silent' });
      const bell = createBell({ connection, log });
      const relay = createRelay({
        connection,
        catalog: fund,
        log,
        bell,
        onDeliveries: () => {},
        pollMs: 1_000,
      });
      await bell.start();
      await relay.start();
      stopRelay = async () => {
        await relay.stop();
        await bell.stop();
      };
      const held = `select from pg_locks where locktype = 'advisory' and classid = 1919907688 and objid = 1 and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())`;
      await waitUntil(async () => (await db.query(held)).rowCount === 1, { what: 'the relay to be active' });
    },
    async stopRelay() {
      await stopRelay?.();
      stopRelay = undefined;
    },
    async relayed(...statements) {
      const before = new Set(await eventIds());
      for (const statement of statements) await db.query(statement);
      // Events follow the order of commits within a group of tables, and beyond it where there is no backlog.
      await db.query(
        `insert into campaigns (id, name, org) select max(id) + 1, 'marker', 'nobody' from campaigns`,
      );
      const marker = `select from rowhook.event e join campaigns c on c.id::text = e.record_key
        where e.resource = 'campaign' and c.id = (select max(id) from campaigns) and c.name = 'marker'`;
      await waitUntil(async () => (await db.query(marker)).rowCount === 1, {
        what: 'the relay to reach the marker',
      });
      await db.query(`delete from rowhook.delivery d using rowhook.event e, campaigns c
        where d.event_id = e.id and e.resource = 'campaign' and e.record_key = c.id::text and c.name = 'marker'`);
      const { rows } = await db.query<{ id: string }>(
        `delete from rowhook.event e using campaigns c
         where e.resource = 'campaign' and e.record_key = c.id::text and c.name = 'marker' returning e.id`,
      );
      const markers = new Set(rows.map(({ id }) => id));
      return (await eventIds()).filter((id) => !before.has(id) && !markers.has(id));
    },
    async send(rounds = 1) {
      const { dispatcher } = await startDispatcher(db, { dialect: impatient(rounds - 1, 3_600_000) });
      const idle = `select from rowhook.delivery d join rowhook.endpoint e on e.id = d.endpoint_id
        left join rowhook.endpoint_health h on h.endpoint_id = e.id
        where e.active and e.paused_at is null and h.open_until is null and h.paused_until is null`;
      for (let round = 1; round <= rounds; round += 1) {
        dispatcher.wake();
        await waitUntil(async () => (await db.query(idle)).rowCount === 0, { what: 'nothing to be due' });
        if (round < rounds) await retryNow(db);
      }
      await dispatcher.stop();
    },
    async dispatcher(retries) {
      const made = await startDispatcher(db, { dialect: impatient(retries, 3_600_000) });
      closing.push(() => made.dispatcher.stop('abort'));
      return made;
    },
    async attempted(wanted) {
      await waitUntil(async () => (await count(db, 'attempt')) === wanted, { what: `${wanted} attempts` });
    },
    retry: () => retryNow(db),
    explain: (id, options) => explain(db.pool, id, options),
    explainRecord: (name, since, options) => explainRecord(db.pool, fund, { name, since }, options),
    async end() {
      await kit.stopRelay();
      for (const close of closing.splice(0).reverse()) await close();
      await db.drop();
    },
  };
  return kit;
}

/** All steps of a story, those within others too. */
export const allSteps = (steps: readonly Step[]): Step[] =>
  steps.flatMap((step) => [step, ...allSteps(step.steps)]);

export const codes = (story: Story): StepCode[] => allSteps(story.steps).map(({ code }) => code);

/** The words of the steps of one code. */
export const wordsOf = (story: Story, code: StepCode): string[] =>
  allSteps(story.steps)
    .filter((step) => step.code === code)
    .map(({ words }) => words);

/** With times, ids and ports masked, which differ from run to run. */
export const masked = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/\b\d+ (ms|s)\b/g, '<duration>');
