import { samePlan } from '../capture/install.ts';
import { quoteName } from '../catalog/table-name.ts';
import { columnDrift } from './columns.ts';
import { type DriftFacts, relationName, type TableNow } from './facts.ts';
import { type Drift, type DriftSeverity, installCommand, relayWaits } from './kinds.ts';
import type { Needs } from './needs.ts';
import { outboxDrift } from './outbox-partitions.ts';
import { triggerDrift } from './triggers.ts';

const order: readonly DriftSeverity[] = ['blind', 'stopped', 'note'];

/** Everything that is not as a catalog's capture and payloads need it, the worst first. Pure. */
export function compare(needs: readonly Needs[], facts: DriftFacts): Drift[] {
  const now = new Map(facts.tables.map((each) => [each.table, each]));
  const captured = new Set(needs.flatMap(({ table, plan }) => (plan ? [table] : [])));
  const drifts = needs.flatMap((need) => {
    const found = now.get(need.table);
    return found ? tableDrift(need, found, captured, facts.role) : [];
  });
  return [...replicaDrift(facts), ...outboxDrift(facts.outbox), ...drifts].sort(
    (a, b) => order.indexOf(a.severity) - order.indexOf(b.severity),
  );
}

function tableDrift(need: Needs, now: TableNow, captured: ReadonlySet<string>, role: string): Drift[] {
  const { table, plan } = need;
  if (plan && !now.capture) {
    return [simple('not_captured', 'blind', table, `${table} is not captured: its changes are not seen`)];
  }
  if (now.kind === null) return [lostTable(need, now)];
  if (plan && !['r', 'p'].includes(now.kind)) return [noTable(now)];
  return [
    ...(plan && now.capture && !samePlan(now.capture.plan, plan)
      ? [
          simple(
            'plan_differs',
            'blind',
            table,
            `${table} is captured for another catalog: events of this one may be missing`,
          ),
        ]
      : []),
    ...(plan ? triggerDrift(now, captured) : []),
    ...columnDrift(need, now),
    ...keyDrift(need, now),
    ...(now.mayRead ? [] : [notReadable(table, role)]),
    ...(plan && now.subscriptions.length > 0 ? [subscribed(now)] : []),
  ];
}

const simple = (kind: Drift['kind'], severity: DriftSeverity, table: string, message: string): Drift => ({
  kind,
  severity,
  table,
  message,
  first: null,
  fix: installCommand,
});

/**
 * A table is known by its triggers, whatever it is called now. A partition of it has them too, and may be left when it is gone: only the
 * relation itself that was captured is the table.
 */
function lostTable({ table, plan }: Needs, { strays, capture }: TableNow): Drift {
  const was = capture?.installed?.relation;
  const found = plan ? strays.find(({ oid }) => was === undefined || oid === was) : undefined;
  if (!found) {
    return {
      ...simple('table_missing', 'stopped', table, `${table} is gone: ${relayWaits}`),
      first: 'Take it out of the catalog, or create it again; restart the daemon after the command.',
    };
  }
  const name = relationName(found);
  const moved = !table.startsWith(`${quoteName(found.schema)}.`);
  return {
    kind: moved ? 'table_moved' : 'table_renamed',
    severity: 'stopped',
    table,
    message: `${table} is called ${name} now: ${relayWaits}`,
    first: `Call it ${name} in the catalog, or give it its old name back; restart the daemon after the command.`,
    fix: installCommand,
  };
}

/** A view over the renamed table lets the application go on, and us too. */
function noTable({ table, strays }: TableNow): Drift {
  const [behind] = strays;
  if (!behind) {
    return {
      ...simple(
        'table_unsupported',
        'blind',
        table,
        `${table} is no table any more: what it shows changes unseen`,
      ),
      first: 'Name the table behind it in the catalog; restart the daemon after the command.',
    };
  }
  return {
    ...simple(
      'table_renamed',
      'note',
      table,
      `${table} is a view or the like now, and the table that was captured is called ${relationName(behind)}: its changes are seen`,
    ),
    first: `Call it ${relationName(behind)} in the catalog; restart the daemon after the command.`,
  };
}

/** None of its statements holds up writers for as long as it takes to read the table, but where it has partitions. */
function keyDrift({ table, plan }: Needs, { found, uniqueKeys, kind }: TableNow): Drift[] {
  if (!plan || !found || plan.key.some((column) => !found.columns[column])) return [];
  const wanted = [...plan.key].sort().join('\0');
  const unique = uniqueKeys.some((columns) => [...columns].sort().join('\0') === wanted);
  const nullable = plan.key.filter((column) => !found.columns[column]?.notNull);
  if (unique && nullable.length === 0) return [];
  const names = plan.key.map(quoteName).join(', ');
  const parted = kind === 'p';
  return [
    {
      kind: 'key_missing',
      severity: 'blind',
      table,
      message: `the key (${names}) of ${table} ${unique ? 'may be null now: such rows are not seen' : 'is not unique any more: rows that have the same are taken for one record'}`,
      first:
        parted && !unique
          ? 'So that writers need not wait for the index: make it on each partition before, CONCURRENTLY; it is then taken over.'
          : null,
      fix: [
        // A partitioned table takes no CONCURRENTLY, and that no transaction.
        ...(unique ? [] : [`CREATE UNIQUE INDEX ${parted ? '' : 'CONCURRENTLY '}ON ${table} (${names});`]),
        ...(nullable.length === 0 ? [] : notNull(table, nullable)),
      ],
    },
  ];
}

/** By a check that is validated while writers go on; SET NOT NULL finds it and does not read the table. */
function notNull(table: string, columns: readonly string[]): string[] {
  const check = columns.map((column) => `${quoteName(column)} IS NOT NULL`).join(' AND ');
  const alter = columns.map((column) => `ALTER COLUMN ${quoteName(column)} SET NOT NULL`).join(', ');
  return [
    `ALTER TABLE ${table} ADD CONSTRAINT rowhook_key_filled CHECK (${check}) NOT VALID;`,
    `ALTER TABLE ${table} VALIDATE CONSTRAINT rowhook_key_filled;`,
    `ALTER TABLE ${table} ${alter};`,
    `ALTER TABLE ${table} DROP CONSTRAINT rowhook_key_filled;`,
  ];
}

const notReadable = (table: string, role: string): Drift => ({
  kind: 'privilege_missing',
  severity: 'stopped',
  table,
  message: `role ${quoteName(role)} may not read ${table}: ${relayWaits}`,
  first: null,
  fix: [`GRANT SELECT ON ${table} TO ${quoteName(role)};`],
});

const subscribed = ({ table, subscriptions }: TableNow): Drift => ({
  kind: 'subscription',
  severity: 'blind',
  table,
  message: `the logical replication subscription ${subscriptions.map(quoteName).join(', ')} writes to ${table}: what it applies is not seen`,
  first: 'Install rowhook where the rows are written first, in the database of the publisher.',
  fix: [],
});

function replicaDrift({ replicas, isReplica }: DriftFacts): Drift[] {
  const drift = (who: string, ...fix: string[]): Drift => ({
    kind: 'replica_role',
    severity: 'blind',
    table: null,
    message: `${who} with session_replication_role = replica: what they write is not seen`,
    first: null,
    fix,
  });
  const known = replicas.map(({ database, role }) => {
    const ofRole = role === null ? '' : `of role ${quoteName(role)} `;
    const inDatabase = database === null ? 'in every database' : `in database ${quoteName(database)}`;
    const where = database === null ? '' : ` IN DATABASE ${quoteName(database)}`;
    return drift(
      `sessions ${ofRole}${inDatabase} begin`,
      role === null
        ? `ALTER ${database === null ? 'ROLE ALL' : `DATABASE ${quoteName(database)}`} RESET session_replication_role;`
        : `ALTER ROLE ${quoteName(role)}${where} RESET session_replication_role;`,
    );
  });
  return known.length === 0 && isReplica
    ? [
        drift(
          'all sessions of the server begin',
          'ALTER SYSTEM RESET session_replication_role;',
          'SELECT pg_reload_conf();',
        ),
      ]
    : known;
}
