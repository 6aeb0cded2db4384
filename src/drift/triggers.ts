import { quoteName } from '../catalog/table-name.ts';
import { type Found, type FoundRelation, relationName, type TableNow, usualTriggers } from './facts.ts';
import { type Drift, installCommand } from './kinds.ts';

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
    ...(isAnother(now)
      ? [recreated(now)]
      : relationFaults(found.triggers, expected).map((fault) => drift(table, [table], fault))),
    ...below(now, expected),
    ...(now.foreign.length === 0 ? [] : [foreign(table, now.foreign)]),
    ...(stray.length === 0 ? [] : [strays(table, stray)]),
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

function recreated({ table, strays, capture }: TableNow): Drift {
  const was = strays.find(({ oid }) => oid === capture?.installed?.relation);
  return {
    kind: 'table_recreated',
    severity: 'blind',
    table,
    message: was
      ? `${table} is another table than the one that was captured, which is called ${relationName(was)} now: what changes in that one is taken for changes of ${table}`
      : `${table} is another table than the one that was captured, and has no triggers: its changes are not seen`,
    first: null,
    fix: installCommand,
  };
}

/** What is wrong with the triggers of one relation, or of several in the same way. */
interface Fault {
  readonly kind: Drift['kind'];
  /** With the verb for one relation and for several. */
  readonly what: readonly [one: string, several: string];
  /** Undefined: an installation does. */
  readonly mend: ((relation: string) => string[]) | undefined;
}

/** Names that a message tells; of more it gives the number. */
const mostNames = 3;

const listed = (names: readonly string[]): string =>
  `${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ` and ${names.length - mostNames} more` : ''}`;

/** One for each way of being wrong, not for each relation: there may be thousands. */
function below({ table, incomplete }: TableNow, expected: Found['triggers']): Drift[] {
  const found = new Map<string, { fault: Fault; relations: string[] }>();
  for (const each of incomplete) {
    for (const fault of faultsBelow(each.triggers, expected)) {
      const id = JSON.stringify([fault.kind, fault.what]);
      const same = found.get(id) ?? { fault, relations: [] };
      same.relations.push(relationName(each));
      found.set(id, same);
    }
  }
  return [...found.values()].map(({ fault, relations }) => drift(table, relations, fault));
}

function drift(table: string, relations: readonly string[], { kind, what, mend }: Fault): Drift {
  const [one, several] = what;
  const belongs = relations.length === 1 ? 'which belongs to' : 'which belong to';
  const who = relations[0] === table ? table : `${listed(relations)}, ${belongs} ${table},`;
  return {
    kind,
    severity: 'blind',
    table,
    message: `${who} ${relations.length === 1 ? one : several}`,
    first: null,
    fix: mend && relations.length <= mostNames ? relations.flatMap(mend) : installCommand,
  };
}

function foreign(table: string, relations: readonly FoundRelation[]): Drift {
  const one = relations.length === 1;
  return {
    kind: 'foreign_child',
    severity: 'blind',
    table,
    message: `${listed(relations.map(relationName))}, which ${one ? 'belongs' : 'belong'} to ${table}, ${one ? 'is a foreign table: what is written straight into it' : 'are foreign tables: what is written straight into them'} is not seen`,
    first: 'Write through the parent, or take it out of the table; nothing can be installed on it.',
    fix: [],
  };
}

function strays(table: string, relations: readonly FoundRelation[]): Drift {
  const one = relations.length === 1;
  return {
    kind: 'triggers_stray',
    severity: 'note',
    table,
    message: `${listed(relations.map(relationName))} ${one ? 'does not belong' : 'do not belong'} to ${table}, and still ${one ? 'has its triggers: its' : 'have its triggers: their'} changes are taken for changes of ${table}`,
    first: relations.length > mostNames ? 'The next ones are named once these are done.' : null,
    fix: relations
      .slice(0, mostNames)
      .flatMap((each) =>
        Object.keys(each.triggers).map(
          (trigger) => `DROP TRIGGER ${quoteName(trigger)} ON ${relationName(each)};`,
        ),
      ),
  };
}

function faultsBelow(triggers: Found['triggers'], expected: Found['triggers']): Fault[] {
  if (Object.keys(expected).some((name) => triggers[name] !== undefined))
    return relationFaults(triggers, expected);
  const rest = 'what is written straight into';
  const through = 'is not seen, only what goes through';
  return [
    {
      kind: 'partition_new',
      what: [
        `has no triggers: ${rest} it ${through} its parent`,
        `have no triggers: ${rest} them ${through} their parent`,
      ],
      mend: undefined,
    },
  ];
}

function relationFaults(triggers: Found['triggers'], expected: Found['triggers']): Fault[] {
  const names = Object.keys(expected).sort();
  const missing = names.filter((name) => triggers[name] === undefined);
  const wrong = names.filter(
    (name) => triggers[name] !== undefined && ![expected[name], 'A'].includes(triggers[name]),
  );
  const off = wrong.filter((name) => triggers[name] === 'D');
  const elsewhere = wrong.filter((name) => triggers[name] !== 'D');
  const replica = elsewhere.filter((name) => expected[name] !== 'R');
  const ordinary = elsewhere.filter((name) => expected[name] === 'R');
  const enable = (some: readonly string[]) => (relation: string) =>
    some.map((name) => {
      const how = expected[name] === 'R' ? 'ENABLE REPLICA' : 'ENABLE';
      return `ALTER TABLE ${relation} ${how} TRIGGER ${quoteName(name)};`;
    });
  const fault = (
    some: readonly string[],
    kind: Drift['kind'],
    [one, several]: readonly [string, string],
    rest: string,
    mend: Fault['mend'],
  ): Fault[] =>
    some.length === 0
      ? []
      : [{ kind, what: [`${one} ${some.join(', ')}${rest}`, `${several} ${some.join(', ')}${rest}`], mend }];
  const has = (what: string) => [`has ${what}`, `have ${what}`] as const;
  const unseen = '; such changes are not seen';
  return [
    ...fault(
      missing,
      'trigger_missing',
      ['lacks the triggers', 'lack the triggers'],
      ': such changes are not seen',
      undefined,
    ),
    ...fault(off, 'trigger_disabled', has('triggers that are switched off:'), unseen, enable(off)),
    ...fault(
      replica,
      'trigger_replica',
      has('triggers that fire in replica sessions only:'),
      unseen,
      enable(replica),
    ),
    ...fault(
      ordinary,
      'bypass_off',
      has('a trigger that does not fire in replica sessions (it was enabled with all others):'),
      '; writes with session_replication_role = replica are not noted',
      enable(ordinary),
    ),
  ];
}

function functionDrift({ table, found, capture }: TableNow): Drift[] {
  const installed = capture?.installed?.functions ?? {};
  const told = (kind: Drift['kind'], names: readonly string[], what: string): Drift[] =>
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
    ...told('function_missing', gone, `${are(gone)} gone: changes are not seen, or writes fail`),
    ...told('function_changed', changed, `${are(changed)} not what was installed`),
  ];
}

const are = ({ length }: readonly string[]): string => (length === 1 ? 'is' : 'are');
