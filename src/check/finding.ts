/**
 * What `rowhook check` can find, by severity. A code never changes its meaning; docs/errors.md lists the same ones, which a test
 * compares.
 */
export const findingCodes = {
  error: {
    database_version: 'The server is older than PostgreSQL 14.',
    schema_foreign: 'A schema named rowhook exists that is not ours.',
    schema_too_new: 'The rowhook schema is newer than this program.',
    privilege_missing: 'A role may not do what it will have to.',
    table_missing: 'A table of the catalog does not exist.',
    table_unsupported: 'A relation of this kind cannot be captured.',
    column_missing: 'A column of the catalog does not exist.',
    column_unsupported: 'A column of the catalog cannot be captured, since it is computed when it is read.',
    key_missing: 'A table has no unique key that its changes could be told apart by.',
    link_types: 'The columns of a link have types that cannot be compared.',
    payload_invalid: 'The server refuses the query of a payload.',
  },
  warning: {
    index_missing: 'A lookup that the relay makes for every event has no index.',
    key_deferrable: 'A key may be there twice until a transaction ends.',
  },
  change: {
    schema_missing: 'The schema rowhook will be created.',
    schema_too_old: 'The schema rowhook will be upgraded.',
    not_captured: 'A table will get its triggers.',
    plan_differs: 'The triggers of a table will be replaced by those of this catalog.',
    function_differs: 'The functions of a table will be written anew.',
    trigger_missing: 'A table or a partition has lost a trigger, which will be put back.',
    trigger_disabled: 'A trigger is switched off, and will be switched on.',
    not_needed: 'A table is captured though no event needs it.',
  },
} as const;

export type Severity = keyof typeof findingCodes;

export type FindingCode = { [S in Severity]: keyof (typeof findingCodes)[S] }[Severity];

export interface Finding {
  readonly code: FindingCode;
  /** `error`: it cannot work so. `warning`: it will work, and cost. `change`: an installation has this to do. */
  readonly severity: Severity;
  /** A table, quoted, or a place in the catalog. */
  readonly where: string;
  readonly message: string;
  /** SQL or a command that mends it, to be run as it is; null where there is none. */
  readonly fix: string | null;
  /** What to do where nothing can simply be run. */
  readonly advice: string | null;
}

/** The findings of each severity, the worst first. */
export const bySeverity = (findings: readonly Finding[]): Array<[Severity, Finding[]]> =>
  (Object.keys(findingCodes) as Severity[]).map((severity) => [
    severity,
    findings.filter((finding) => finding.severity === severity),
  ]);

/** Whether a text can be run as it is: a statement of SQL, or a command of ours. */
export const isRunnable = (text: string): boolean => /^(?:[A-Z]{3,}\b.*;|npx .*)$/.test(text);
