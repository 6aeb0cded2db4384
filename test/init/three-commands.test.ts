import { once } from 'node:events';
import { expect } from 'chai';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { killRunning, type Running, start } from '../cli/rowhook.ts';
import { type PackagedApp, packagedApp } from '../migrations/packaged-app.ts';
import { schemaDump } from '../migrations/schema-dump.ts';
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts';
import { type OddTable, odditiesSql, oddTables } from './oddities.ts';

interface Told {
  config: string;
  migration: string;
  tables: Array<{ table: string; resource: string; events: string[]; excluded: string[] }>;
  skipped: Array<{ table: string; reason: string }>;
  tenantProposals: Array<{ column: string }>;
  next: string[];
}

/** How a column of a type is shown, said once more than in the program. */
const shownAs = (type: string, column: string): string => {
  const name = `t.${pg.escapeIdentifier(column)}`;
  if (/^(?:smallint|integer|boolean|json|jsonb|double precision|"Odd Types".pair|.*\[\])$/.test(type))
    return name;
  if (type.startsWith('timestamp')) return `to_char(${name}, 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')`;
  if (type === 'bytea') return `replace(encode(${name}, 'base64'), E'\\n', '')`;
  return `${name}::text`;
};

describe('from an unknown database to the first delivery in three commands', function () {
  this.timeout(180_000);
  const tables = oddTables();
  const captured = tables.filter(({ refused }) => !refused);
  let database: TestDatabase;
  let owner: pg.Client;
  let url: string;
  let app: PackagedApp;
  let receiver: Receiver;
  let told: Told;
  let daemon: Running;
  let untouched: string;
  const env = () => ({ DATABASE_URL: url });

  before(async () => {
    database = await createTestDatabase();
    const role = await createRole(database, 'odd_owner');
    url = role.url;
    await database.query(
      `alter database ${pg.escapeIdentifier(database.name)} owner to ${pg.escapeIdentifier(role.name)};
       grant create on schema public to ${pg.escapeIdentifier(role.name)}`,
    );
    owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await owner.query(`set timezone = 'UTC'; set intervalstyle = 'iso_8601'; set datestyle = 'ISO, YMD'`);
    await owner.query(odditiesSql(tables));
    untouched = await schemaDump(database);
    receiver = await startReceiver();
    app = await packagedApp();
    await app.write({
      'package.json': '{ "name": "odd", "private": true, "type": "module" }',
      'knexfile.js': `export default { client: 'pg', connection: process.env.DATABASE_URL, migrations: { directory: './migrations' } };`,
      'tsconfig.json': `{ "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2023", "noEmit": true,
        "skipLibCheck": true, "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true, "types": [] },
        "include": ["rowhook.config.ts"] }`,
    });
  });
  after(async () => {
    await killRunning();
    await owner.end();
    await receiver.close();
    await app.remove();
    await database.drop();
  });

  it('has a database of sixty tables at least, with all that names, keys and types can be', () => {
    expect(tables.length).to.be.at.least(60);
  });

  it('1. init writes a config that type-checks, and the first migration', async () => {
    const { stdout } = await app.node([
      'node_modules/rowhook/dist/cli/main.js',
      'init',
      '--database',
      url,
      '--tables',
      '*',
      '--yes',
      '--json',
    ]);
    told = JSON.parse(stdout) as Told;
    const quoted = captured.map(
      ({ schema, name }) => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`,
    );
    expect(told.tables.map(({ table }) => table)).to.have.members(quoted);
    expect(told.skipped.map(({ table }) => table)).to.deep.equal(['"keyed"."no_key"', '"shaped"."heirs"']);
    expect(new Set(told.tables.map(({ resource }) => resource)).size).to.equal(captured.length);
    expect(told.tables.filter(({ excluded }) => excluded.length > 0)).to.have.length(1);
    expect(told.tenantProposals).to.deep.equal([{ column: 'organization_id', tables: 3 }]);
    expect(told.next.slice(-2)).to.deep.equal([
      'npx knex migrate:latest',
      'npx rowhook start --forward-to http://127.0.0.1:3000/hooks',
    ]);
    expect(await schemaDump(database)).to.equal(untouched);
    await app.node(['node_modules/typescript/bin/tsc', '-p', '.']);
  });

  it('2. knex runs the migration', async () => {
    await app.node(['node_modules/knex/bin/cli.js', 'migrate:latest'], env());
    const { stdout } = await app.node(['node_modules/rowhook/dist/cli/main.js', 'check', '--json'], env());
    expect(JSON.parse(stdout)).to.deep.equal({ findings: [] });
  });

  it('3. start forwards every event to a URL of this machine, signed with a secret that it says once', async () => {
    daemon = start(['start', '--forward-to', receiver.url('/hooks')], {
      program: `${app.directory}/node_modules/rowhook`,
      cwd: app.directory,
      env: env(),
    });
    await daemon.logged('the relay is active');
    const [ping] = await receiver.waitFor(1);
    expect(ping?.path).to.equal('/hooks');
    expect(typeOf(ping!)).to.equal('ping');
    expect(daemon.stdout()).not.to.contain(secretOf(daemon));
    new Webhook(secretOf(daemon)).verify(ping!.body.toString(), ping!.headers as Record<string, string>);
  });

  it('every change of every table is then delivered as an independent SELECT shows it', async () => {
    await each((table) => [table.insert(1), table.insert(2)]);
    await arrived('insert');
    await each(({ update }) => (update === undefined ? [] : [update]));
    await arrived('update');
    const last = new Map<OddTable, string[]>();
    for (const table of captured) last.set(table, await select(table));
    const links = captured.filter(({ ends }) => ends);
    await each(deletion, links);
    await arrived('delete', links, last);
    const others = captured.filter(({ ends }) => !ends);
    await each(deletion, others.toReversed());
    await arrived('delete', others, last);
    const updated = captured.filter(({ update }) => update !== undefined);
    expect(receiver.requests).to.have.length(
      1 + 2 * captured.length + 2 * updated.length + 2 * captured.length,
    );
    const webhook = new Webhook(secretOf(daemon));
    for (const { body, headers } of receiver.requests) {
      webhook.verify(body.toString(), headers as Record<string, string>);
      expect(body.toString()).not.to.contain('TOPSECRET');
    }
  });

  it('keeps the digits of numbers that JavaScript would round', () => {
    const bodies = receiver.requests.map(({ body }) => body.toString());
    for (const digits of [
      '"id":"9007199254740993"',
      '"Key":"-9223372036854775808"',
      '"No":"9007199254740991"',
      '"value":"9223372036854775807"',
      '"123456789012345678901234567890.123456789"',
      '9007199254740993]',
      '12345678901234567890',
    ]) {
      expect(
        bodies.some((body) => body.includes(digits)),
        digits,
      ).to.equal(true);
    }
  });

  it('starts a second time with the same endpoint, and leaves nothing behind when it is rolled back', async () => {
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).to.equal(0);
    const again = start(['start', '--forward-to', receiver.url('/hooks')], {
      program: `${app.directory}/node_modules/rowhook`,
      cwd: app.directory,
      env: env(),
    });
    await again.logged('the relay is active');
    again.child.kill('SIGTERM');
    if (again.child.exitCode === null) await once(again.child, 'exit');
    expect(again.stderr()).to.match(
      /^endpoint 1 is there: .*\nrequests to 127\.0\.0\.1 are allowed for this run\n$/,
    );
    const { rows } = await database.query('select count(*)::int as n from rowhook.endpoint');
    expect(rows).to.deep.equal([{ n: 1 }]);
    await app.node(['node_modules/knex/bin/cli.js', 'migrate:rollback'], env());
    expect(await schemaDump(database)).to.equal(untouched);
  });

  const deletion = (table: OddTable): string[] => [
    table.delete ?? `delete from ${pg.escapeIdentifier(table.schema)}.${pg.escapeIdentifier(table.name)}`,
  ];

  async function each(statements: (table: OddTable) => string[], of = captured): Promise<void> {
    for (const table of of) for (const sql of statements(table)) await owner.query(sql);
  }

  /** The rows of a table as their bodies must be, to the byte. */
  async function select({ schema, name, ends = {}, secret = [] }: OddTable): Promise<string[]> {
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    const columns = await owner.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [table],
    );
    const fields = columns.rows
      .filter((column) => !secret.includes(column.name))
      .map(
        (column) => [column.name === '$1' ? '$1' : column.name, shownAs(column.type, column.name)] as const,
      );
    const parts = [...fields, ...Object.entries(ends)].map(
      ([key, sql]) =>
        `${pg.escapeLiteral(`${JSON.stringify(key)}:`)} || coalesce(to_json(${sql})::text, 'null')`,
    );
    const { rows } = await owner.query<{ body: string }>(
      `select '{' || ${parts.join(` || ',' || `)} || '}' as body from ${table} t`,
    );
    return rows.map(({ body }) => body);
  }

  /** Waits for the events of a kind of two rows of each table, and compares their bodies. */
  async function arrived(
    on: 'insert' | 'update' | 'delete',
    of: readonly OddTable[] = captured,
    rows?: ReadonlyMap<OddTable, string[]>,
  ): Promise<void> {
    const changed = on === 'update' ? of.filter(({ update }) => update !== undefined) : of;
    const named = new Map(changed.map((table) => [eventOf(table, on), table]));
    expect(named.size).to.equal(changed.length);
    const mine = (requests: readonly ReceivedRequest[]) =>
      requests.filter((request) => named.has(typeOf(request)));
    await receiver.waitFor((requests) => mine(requests).length >= 2 * changed.length, { timeoutMs: 60_000 });
    for (const [event, table] of named) {
      const bodies = receiver.requests.filter((request) => typeOf(request) === event).map(dataOf);
      expect(bodies, event).to.have.members(rows?.get(table) ?? (await select(table)));
    }
  }

  function eventOf({ schema, name, ends }: OddTable, on: 'insert' | 'update' | 'delete'): string {
    const quoted = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    const verbs = {
      insert: ends ? '_assign' : '_create',
      update: '_update',
      delete: ends ? '_unassign' : '_delete',
    };
    const events = told.tables.find(({ table }) => table === quoted)?.events ?? [];
    const event = events.find((candidate) => candidate.endsWith(verbs[on]));
    if (event === undefined) throw new Error(`${quoted} has no event for ${on}: ${events}`);
    return event;
  }
});

const secretOf = (daemon: Running): string =>
  /secret \(not shown again\): (\S+)/.exec(daemon.stderr())?.[1] ?? '';

const typeOf = ({ body }: ReceivedRequest): string => (JSON.parse(body.toString()) as { type: string }).type;

/** The payload as it was sent, not parsed and written again. */
const dataOf = ({ body }: ReceivedRequest): string =>
  /^\{"type":"[^"]*","timestamp":"[^"]*","data":(.*)\}$/s.exec(body.toString())?.[1] ?? '';
