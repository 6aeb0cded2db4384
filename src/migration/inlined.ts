import { dropFunctionsSql } from '../capture/install.ts';
import { operations, triggerSql } from '../capture/trigger-sql.ts';
import { planSql } from '../store/captures.ts';
import { relationsSql } from '../store/relations.ts';
import { installLock } from '../store/schema.ts';
import type { MigrationFile } from './file.ts';
import { idMark, type MigrationSteps, relationMark } from './steps.ts';

/*
 * The functions that a migration brings along, as the text of it. What they do is what src/install and src/store/schema.ts do: a test
 * compares the databases that come of both.
 */

/** A type, where there are types. */
export const typed = ({ language }: MigrationFile, type: string): string => (language === 'ts' ? type : '');

export function upgradeText({ schema }: MigrationSteps, file: MigrationFile): string {
  const before =
    schema.from === 0
      ? ''
      : `
  if (version < ${schema.from}) {
    throw new Error(\`the schema rowhook has version \${version}, this migration begins with ${schema.from}: run those before it first\`);
  }`;
  return `/** Does what the schema that is there has not seen yet. */
async function upgradeSchema(db${typed(file, ': Connection')})${typed(file, ': Promise<void>')} {
  const [found] = await rows(
    db,
    \`select n.oid::text as schema, (
       select c.oid::text from pg_class c where c.relnamespace = n.oid and c.relname = 'schema_version') as ours
     from pg_namespace n where n.nspname = 'rowhook'\`,
  );
  if (found && !found.ours) throw new Error('there is a schema rowhook that is not ours: rename or drop it');
  const [newest] = found ? await rows(db, 'select max(version)::text as version from rowhook.schema_version') : [];
  const version = Number(newest?.version ?? 0);${before}
  for (const each of schema) {
    if (each.version <= version) continue;
    await run(db, each.sql);
    await run(db, 'insert into rowhook.schema_version (version) values ($1)', [each.version]);
  }${schema.from === 0 ? `\n  if (version === 0) await run(db, firstPartitions);` : ''}
}`;
}

export function captureHelper(file: MigrationFile, restores: boolean): string {
  const again = restores
    ? `
    // Its own row, so that everything is as it was.
    (await rows(
      db,
      \`update rowhook.capture set released_at = null
        where id = (select max(id) from rowhook.capture where table_name = $1 and plan = $2::jsonb and $3)
       returning id::text\`,
      [table, plan, again],
    ))[0]?.id ??`
    : '';
  const flag = restores ? `, again${typed(file, ': boolean')} = false` : '';
  return `/**
 * Puts the triggers of a plan on its table and on all partitions that it has now: DML aimed at a partition does not fire those of
 * its parent. Triggers that are as they should be are left alone. A table that is captured by this very plan keeps its id. One that
 * is captured by another gets a new one, as changes that wait in the outbox are still read by the plan that wrote them.
 */
async function capture(db${typed(file, ': Connection')}, { plan, functions }${typed(file, ': Capture')}${flag})${typed(file, ': Promise<void>')} {
  const { table } = plan;
  const relations = await relationsOf(db, table);
  if (relations.length === 0) throw new Error(\`table \${table} does not exist in this database\`);
  const text = JSON.stringify(plan);
  await run(db, 'select rowhook.follow_table($1)', [table]);
  const [current] = await rows(
    db,
    \`select id::text, (${planSql} = $2::jsonb)::text as same from rowhook.capture where table_name = $1 and released_at is null\`,
    [table, text],
  );
  const replaced = current && current.same !== 'true' ? current.id : undefined;
  if (replaced) await run(db, 'update rowhook.capture set released_at = now() where id = $1', [replaced]);
  const id = replaced || !current ? await newCapture(db, table, text${restores ? ', again' : ''}) : current.id;
  for (const sql of functions(\`\${id}\`)) await run(db, sql);
  for (const operation of operations) {
    await run(db, \`revoke all on function rowhook.capture_\${id}_\${operation}() from public\`);
  }
  for (const relation of relations) {
    const lacking = await rows(
      db,
      'select unnest(rowhook.lacking_triggers($1::int, to_regclass($2)::oid)) as operation',
      [id, relation],
    );
    const all = triggers(\`\${id}\`, relation);
    const missing = operations.filter((operation) => lacking.some((each) => each.operation === operation));
    // At once: writers wait for as long as it takes.
    if (missing.length > 0) await run(db, missing.map((operation) => all[operation]).join(';\\n'));
  }
  if (replaced) await dropFunctions(db, replaced);
  await run(db, 'select rowhook.remember_capture($1)', [id]);
}

async function newCapture(db${typed(file, ': Connection')}, table${typed(file, ': string')}, plan${typed(file, ': string')}${restores ? `, again${typed(file, ': boolean')}` : ''})${typed(file, ': Promise<Value>')} {
  return (${again}
    (await rows(db, 'insert into rowhook.capture (table_name, plan) values ($1, $2) returning id::text', [table, plan]))[0]?.id
  );
}

const triggers = (id${typed(file, ': string')}, relation${typed(file, ': string')})${typed(file, ': Record<string, string>')} => ({
${operations.map((operation) => `  ${operation}: \`${template(triggerSql(idMark, operation, relationMark))}\`,`).join('\n')}
});`;
}

export function releaseHelper(file: MigrationFile): string {
  return `/** Takes the triggers off a table and its partitions. The plan stays, for the changes that wait. */
async function release(db${typed(file, ': Connection')}, table${typed(file, ': string')})${typed(file, ': Promise<void>')} {
  for (const relation of await relationsOf(db, table)) {
    for (const operation of operations) {
      await run(db, \`drop trigger if exists rowhook_\${operation} on \${relation}\`);
    }
  }
  const released = await rows(
    db,
    'update rowhook.capture set released_at = now() where table_name = $1 and released_at is null returning id::text',
    [table],
  );
  for (const { id } of released) await dropFunctions(db, id);
}`;
}

export function tableHelpers(file: MigrationFile): string {
  return `const operations = [${operations.map((operation) => `'${operation}'`).join(', ')}];

async function dropFunctions(db${typed(file, ': Connection')}, id${typed(file, ': Value')})${typed(file, ': Promise<void>')} {
${dropFunctionsSql(idMark)
  .map((sql) => `  await run(db, \`${template(sql)}\`);`)
  .join('\n')}
}

/** A table and all that carries its triggers: its partitions, and tables that inherit from it. */
async function relationsOf(db${typed(file, ': Connection')}, table${typed(file, ': string')})${typed(file, ': Promise<string[]>')} {
  const found = await rows(
    db,
    \`${template(relationsSql('to_regclass($1)::oid'))}\`,
    [table],
  );
  const quoted = (name${typed(file, ': Value')}) => \`"\${\`\${name}\`.replace(/"/g, '""')}"\`;
  return found.map(({ schema, name }) => \`\${quoted(schema)}.\${quoted(name)}\`);
}`;
}

export function capturedTablesHelper(file: MigrationFile): string {
  return `async function capturedTables(db${typed(file, ': Connection')})${typed(file, ': Promise<string[]>')} {
  const found = await rows(db, 'select table_name from rowhook.capture where released_at is null order by table_name');
  return found.map((row) => \`\${row.table_name}\`);
}`;
}

export function plumbing(file: MigrationFile, captures: boolean): string {
  const capture = `
interface Capture {
  plan: { table: string; key: string[]; classes: string[][]; values: string[]; exclude?: string[] };
  functions(id: string): string[];
}`;
  const types =
    file.language === 'ts'
      ? `/** The pg connection of knex. */
interface Connection {
  query(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}
type Value = string | null | undefined;
type Row = Record<string, Value>;${captures ? capture : ''}

`
      : '';
  return `${types}async function isInstalled(db${typed(file, ': Connection')})${typed(file, ': Promise<boolean>')} {
  const found = await rows(
    db,
    \`select c.oid::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'rowhook' and c.relname = 'capture'\`,
  );
  return found.length > 0;
}

/** A transaction that takes its locks soon or not at all; see above. One installation at a time. */
async function step(db${typed(file, ': Connection')}, what${typed(file, ': string')}, work${typed(file, ': () => Promise<void>')})${typed(file, ': Promise<void>')} {
  const started = Date.now();
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 2000)) {
    try {
      await run(db, 'begin');
      await run(db, "set local lock_timeout = '2s'");
      await run(db, 'set local statement_timeout = 0');
      await run(db, \`select pg_advisory_xact_lock(${installLock})\`);
      await work();
      await run(db, 'commit');
      return;
    } catch (error) {
      await run(db, 'rollback').catch(() => {});
      // lock_not_available, deadlock_detected
      const { code = '' } = error${typed(file, ' as { code?: string }')};
      if (!['55P03', '40P01'].includes(code)) throw error;
      if (Date.now() - started + pauseMs > 30_000) {
        throw new Error(
          \`\${what} was in use for 30 s (pg_locks and pg_stat_activity say by whom); nothing of this step was done, run it again\`,
        );
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function run(db${typed(file, ': Connection')}, sql${typed(file, ': string')}, values${typed(file, '?: unknown[]')})${typed(file, ': Promise<void>')} {
  await db.query(sql, values);
}

/** Everything is read as text, whatever parsers the application has set for its types. */
async function rows(db${typed(file, ': Connection')}, sql${typed(file, ': string')}, values${typed(file, '?: unknown[]')})${typed(file, ': Promise<Row[]>')} {
  return (await db.query(sql, values)).rows;
}

/** Statements go to the connection as they are: knex.raw would rewrite every question mark in them. */
async function onOneConnection(knex${typed(file, ': Knex')}, work${typed(file, ': (db: Connection) => Promise<void>')})${typed(file, ': Promise<void>')} {
  if (knex.isTransaction) throw new Error('run this migration outside of a transaction: it commits after each table');
  const db${typed(file, ': Connection')} = await knex.client.acquireConnection();
  try {
    await work(db);
  } finally {
    await knex.client.releaseConnection(db);
  }
}`;
}

/** A text as the inside of a template literal, with the marks as what is known when it runs. */
export function template(text: string): string {
  return text
    .replace(/[\\`]|\$(?=\{)/g, '\\$&')
    .replaceAll(idMark, `\${id}`)
    .replaceAll(relationMark, `\${relation}`);
}
