import { quoteName } from '../catalog/table-name.ts';
import { type Found, relationName, type TableNow } from './facts.ts';
import { type Drift, installCommand } from './kinds.ts';

/** What an installation puts on a table, and on all below it, when nobody remembers: name to pg_trigger.tgenabled. */
const usualTriggers: Found['triggers'] = {
  rowhook_insert: 'O',
  rowhook_update: 'O',
  rowhook_delete: 'O',
  rowhook_truncate: 'O',
};

/**
 * What has become of the triggers and functions of a captured table that is there. Pure.
 * @param others tables that an installation puts triggers on, whatever they carry now
 */
export function triggerDrift(now: TableNow, others: ReadonlySet<string>): Drift[] {
  const { table, found, capture } = now;
  if (!capture || !found) return [];
  const expected = capture.installed?.triggers ?? usualTriggers;
  const stray = now.strays.filter((each) => !others.has(relationName(each)));
  return [
    ...(isAnother(now) ? [recreated(now)] : relationDrift(table, table, found.triggers, expected)),
    ...now.incomplete.flatMap((each) => relationDrift(table, relationName(each), each.triggers, expected)),
    ...now.foreign.map(
      (each): Drift => ({
        kind: 'foreign_child',
        severity: 'blind',
        table,
        message: `${relationName(each)}, which belongs to ${table}, is a foreign table: what is written straight into it is not seen`,
        first: 'Write through the parent, or take it out of the table; nothing can be installed on it.',
        fix: null,
      }),
    ),
    ...stray.map(
      (each): Drift => ({
        kind: 'triggers_stray',
        severity: 'note',
        table,
        message: `${relationName(each)} does not belong to ${table}, and still has its triggers: its changes are taken for changes of ${table}`,
        first: null,
        fix: Object.keys(each.triggers)
          .map((trigger) => `DROP TRIGGER ${quoteName(trigger)} ON ${relationName(each)};`)
          .join(' '),
      }),
    ),
    ...functionDrift(now),
  ];
}

/** No trigger is left, and the table is not the one that had them. */
function isAnother({ found, capture }: TableNow): boolean {
  return (
    Object.keys(found?.triggers ?? {}).length === 0 &&
    capture?.installed != null &&
    capture.installed.relation !== found?.relation
  );
}

const recreated = ({ table }: TableNow): Drift => ({
  kind: 'table_recreated',
  severity: 'blind',
  table,
  message: `${table} is another table than the one that was captured, and has no triggers: its changes are not seen`,
  first: null,
  fix: installCommand,
});

/** Of the table itself, or of one below it. */
function relationDrift(
  table: string,
  relation: string,
  triggers: Found['triggers'],
  expected: Found['triggers'],
): Drift[] {
  const names = Object.keys(expected).sort();
  const missing = names.filter((name) => triggers[name] === undefined);
  const wrong = names.filter(
    (name) => triggers[name] !== undefined && ![expected[name], 'A'].includes(triggers[name]),
  );
  const off = wrong.filter((name) => triggers[name] === 'D');
  const elsewhere = wrong.filter((name) => triggers[name] !== 'D');
  const drift = (kind: Drift['kind'], what: string, fix: string): Drift => ({
    kind,
    severity: 'blind',
    table,
    message: `${relation}${relation === table ? '' : `, which belongs to ${table},`} ${what}`,
    first: null,
    fix,
  });
  const enable = (some: readonly string[]) =>
    some
      .map((name) => {
        const how = expected[name] === 'R' ? 'ENABLE REPLICA' : 'ENABLE';
        return `ALTER TABLE ${relation} ${how} TRIGGER ${quoteName(name)};`;
      })
      .join(' ');
  if (relation !== table && missing.length === names.length) {
    return [
      drift(
        'partition_new',
        'has no triggers: what is written straight into it is not seen, only what goes through its parent',
        installCommand,
      ),
    ];
  }
  return [
    ...(missing.length > 0
      ? [
          drift(
            'trigger_missing',
            `lacks the triggers ${missing.join(', ')}: such changes are not seen`,
            installCommand,
          ),
        ]
      : []),
    ...(off.length > 0
      ? [
          drift(
            'trigger_disabled',
            `has triggers that are switched off: ${off.join(', ')}; such changes are not seen`,
            enable(off),
          ),
        ]
      : []),
    ...(elsewhere.length > 0
      ? [
          drift(
            'trigger_replica',
            `has triggers that do not fire where they should: ${elsewhere.join(', ')}; such changes are not seen`,
            enable(elsewhere),
          ),
        ]
      : []),
  ];
}

function functionDrift({ table, found, capture }: TableNow): Drift[] {
  const installed = capture?.installed?.functions ?? {};
  const drift = (kind: Drift['kind'], names: readonly string[], what: string): Drift[] =>
    names.length === 0
      ? []
      : [
          {
            kind,
            severity: 'blind',
            table,
            message: `${names.map((name) => `rowhook.${name}()`).join(', ')} of ${table} ${what}`,
            first: null,
            fix: installCommand,
          },
        ];
  const names = Object.keys(installed).sort();
  const gone = names.filter((name) => found?.functions[name] === undefined);
  const changed = names.filter((name) => !gone.includes(name) && found?.functions[name] !== installed[name]);
  return [
    ...drift('function_missing', gone, `${are(gone)} gone: changes are not seen, or writes fail`),
    ...drift('function_changed', changed, `${are(changed)} not what was installed`),
  ];
}

const are = ({ length }: readonly string[]): string => (length === 1 ? 'is' : 'are');
