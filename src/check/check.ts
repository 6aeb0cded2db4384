import { capturePlans } from '../capture/plan.ts';
import { quoteName } from '../catalog/table-name.ts';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { readColumns } from '../install/catalog-tables.ts';
import { type CaptureChange, type CaptureFault, type Changes, neededChanges } from '../install/changes.ts';
import { catalogProblems, currentRole } from '../install/check-catalog.ts';
import { preparePayloads } from '../relay/payloads/payloads.ts';
import { sqlState } from '../store/connect.ts';
import { membership } from '../store/privilege.ts';
import { schemaOwner } from '../store/schema.ts';
import type { Queryable } from '../store/sql.ts';
import { tableIndexes } from '../store/tables.ts';
import { type Finding, type FindingCode, findingCodes, isRunnable } from './finding.ts';
import { indexFindings, linkFindings } from './links.ts';
import { catalogLookups } from './lookups.ts';

export interface CheckOptions {
  /** The role that the daemon will connect as. Default: the role of this connection. */
  readonly daemonRole?: string | undefined;
}

export interface Checked {
  readonly findings: readonly Finding[];
  /** What an installation would do; undefined where the server or the schema rowhook stands in the way. */
  readonly changes: Changes | undefined;
}

/**
 * Compares a catalog with a live database, before anything is installed or at any time after. Changes nothing, and locks no table
 * against writes. `db` is a connection outside of a transaction.
 */
export async function checkDatabase(
  db: Queryable,
  catalog: Catalog,
  { daemonRole }: CheckOptions = {},
): Promise<Checked> {
  const findings: Finding[] = [];
  const changes = await neededChanges(db, catalog).catch((error: unknown) => {
    findings.push(errorFinding(error));
    return undefined;
  });
  const plans = capturePlans(catalog);
  const role = await currentRole(db);
  const reader = daemonRole ?? role;
  const problems = await catalogProblems(db, catalog, {
    plans,
    triggersOn: new Set(changes?.captures.map(({ plan }) => plan.table)),
    reader,
  });
  findings.push(...problems.map(errorFinding));
  if (daemonRole !== undefined) findings.push(...(await daemonFindings(db, daemonRole, role)));

  const lookups = catalogLookups(catalog);
  const links = await linkFindings(db, lookups);
  const broken = new Set(problems.flatMap(({ where = '' }) => where));
  findings.push(...links, ...(await payloadFindings(db, catalog, broken, links)));
  findings.push(...(await indexFindings(db, lookups)));
  for (const { table, key } of plans) findings.push(...(await deferrableKey(db, table, key)));
  if (changes) findings.push(...changeFindings(changes));
  return { findings, changes };
}

/** @throws what is no RowhookError: it is not a finding, but a fault */
function errorFinding(error: unknown): Finding {
  if (!(error instanceof RowhookError)) throw error;
  const { code, message, where = '', fix } = error;
  const known = code in findingCodes.error ? (code as FindingCode) : 'payload_invalid';
  const runnable = fix !== undefined && isRunnable(fix);
  return {
    code: known,
    severity: 'error',
    where,
    message,
    fix: runnable ? fix : null,
    advice: runnable ? null : (fix ?? null),
  };
}

/** The daemon has to be a member of the role that owns the schema rowhook, or will own it. */
async function daemonFindings(db: Queryable, daemonRole: string, installer: string): Promise<Finding[]> {
  const owner = (await schemaOwner(db)) ?? { name: installer, superuser: false };
  const { rows } = await db.query<{ member: boolean }>(`select pg_has_role($1, $2, 'USAGE') as member`, [
    daemonRole,
    owner.name,
  ]);
  if (rows[0]?.member) return [];
  return [
    errorFinding(
      new RowhookError(
        'privilege_missing',
        `role ${quoteName(daemonRole)} may not use the schema rowhook of ${quoteName(owner.name)}`,
        { where: '"rowhook"', fix: membership(owner, daemonRole) },
      ),
    ),
  ];
}

/** Has the server plan the queries of each resource whose tables are all there. Nothing is read: they are run for no record. */
async function payloadFindings(
  db: Queryable,
  catalog: Catalog,
  broken: ReadonlySet<string>,
  links: readonly Finding[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const used = new Set(Object.values(catalog.events).map(({ resource }) => resource));
  for (const [name, resource] of Object.entries(catalog.resources)) {
    if (!used.has(name) || links.some(({ where }) => where.startsWith(`resources.${name}.`))) continue;
    const alone = { ...catalog, resources: { [name]: resource } };
    const tables = [...readColumns(alone).keys()];
    if (tables.some((table) => broken.has(table))) continue;
    try {
      await preparePayloads(unnamed(db), alone);
    } catch (error) {
      // Not this role's business: the daemon's own rights have been looked at.
      if (sqlState((error as Error).cause ?? error) === '42501') continue;
      findings.push(errorFinding(error));
    }
  }
  return findings;
}

/** Statements without names, which would stay on the connection and get into the way of the next ones of the same name. */
const unnamed = (db: Queryable): Queryable => ({
  query: (statement, values) =>
    typeof statement === 'string' ? db.query(statement, values) : db.query(statement.text, statement.values),
});

async function deferrableKey(db: Queryable, table: string, key: readonly string[]): Promise<Finding[]> {
  const { indexes } = await tableIndexes(db, table);
  const wanted = [...key].sort().join('\0');
  const own = indexes.filter(({ columns, unique }) => unique && [...columns].sort().join('\0') === wanted);
  if (own.length === 0 || own.some(({ immediate }) => immediate)) return [];
  return [
    {
      code: 'key_deferrable',
      severity: 'warning',
      where: table,
      message: `the unique key (${key.map(quoteName).join(', ')}) is deferrable: a transaction that makes two rows alike for a time may have their changes mixed up`,
      fix: null,
      advice: 'Leave it so where no transaction defers it; else give the table a key that is not deferrable.',
    },
  ];
}

const install = 'npx rowhook install';

/** What an installation would do, as findings. Pure. */
export function changeFindings({ schema, captures, others }: Changes): Finding[] {
  const change = (code: FindingCode, where: string, message: string, fix = install): Finding => ({
    code,
    severity: 'change',
    where,
    message,
    fix,
    advice: null,
  });
  return [
    ...(schema.from === 0
      ? [change('schema_missing', '"rowhook"', `the schema rowhook is to be created, version ${schema.to}`)]
      : schema.from < schema.to
        ? [
            change(
              'schema_too_old',
              '"rowhook"',
              `the schema rowhook goes from version ${schema.from} to ${schema.to}`,
            ),
          ]
        : []),
    ...captures.flatMap(({ plan, faults }) =>
      faults.map((fault) => change(fault.kind, placeOf(plan.table, fault), sentences[fault.kind](fault))),
    ),
    ...others.map(({ plan }) =>
      change(
        'not_needed',
        plan.table,
        'is captured, though no event needs it',
        `${install} --release-others`,
      ),
    ),
  ];
}

const placeOf = (table: string, fault: CaptureFault): string =>
  'relation' in fault ? fault.relation : table;

const operationsOf = (fault: CaptureFault): string =>
  'operations' in fault ? fault.operations.map((operation) => `rowhook_${operation}`).join(', ') : '';

const sentences: Readonly<Record<CaptureFault['kind'], (fault: CaptureChange['faults'][number]) => string>> =
  {
    not_captured: () => 'is to be captured: it gets five triggers',
    plan_differs: () => 'is captured by the plan of another catalog',
    function_differs: () => 'is captured, by functions that would be written otherwise now',
    trigger_missing: (fault) => `lacks triggers: ${operationsOf(fault)}`,
    trigger_disabled: (fault) => `has triggers that are switched off: ${operationsOf(fault)}`,
  };
