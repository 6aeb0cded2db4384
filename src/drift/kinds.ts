/** What may be found, with what it means. A word never changes its meaning; docs/operations.md lists the same ones. */
export const driftKinds = {
  not_captured: 'A table of the catalog is not captured any more.',
  plan_differs: 'A table is captured for another catalog than the one that runs.',
  trigger_missing: 'A table or a partition has lost triggers.',
  trigger_disabled: 'Triggers are switched off.',
  trigger_replica: 'Triggers fire in replica sessions only, which is not where the application writes.',
  bypass_off:
    'The trigger that notes writes with session_replication_role = replica fires for all others instead.',
  function_missing: 'A function that the triggers need is gone.',
  function_changed: 'A function does something else than what was installed.',
  partition_new:
    'A partition, or a table that inherits, has no triggers of its own: what is written straight into it is not seen.',
  foreign_child: 'A foreign table inherits from a captured one; it can have no triggers of this kind.',
  triggers_stray: 'A table that does not belong to a captured one, any more, still has its triggers.',
  table_missing: 'A table of the catalog is gone.',
  table_renamed: 'A captured table has another name now.',
  table_moved: 'A captured table lies in another schema now.',
  table_recreated: 'Another table has taken the place of a captured one, without triggers.',
  table_unsupported: 'A view or the like has taken the place of a captured table.',
  column_missing: 'A column that the catalog needs is gone.',
  column_renamed: 'A column that the catalog needs has another name now.',
  column_retyped: 'A column that the catalog needs has another type than when it was captured.',
  column_added: 'A table has got a column that last rows do not keep yet.',
  key_missing: 'The key of a table no longer tells its rows apart.',
  privilege_missing: 'The role of the daemon may not read a table.',
  replica_role: 'Some sessions begin with session_replication_role = replica, in which triggers do not fire.',
  outbox_partition_missing: 'A partition of the outbox is gone, or was detached.',
  subscription:
    'A logical replication subscription writes to a captured table; its writes fire no statement triggers.',
} as const;

export type DriftKind = keyof typeof driftKinds;

/**
 * `blind`: there are changes that capture does not see, or not in full. They do not become events later.
 * `stopped`: changes are seen and wait, as the relay cannot show them. Nothing is lost.
 * `note`: nothing is missing now.
 */
export type DriftSeverity = 'blind' | 'stopped' | 'note';

/** Something that is not as capture or the relay needs it. */
export interface Drift {
  readonly kind: DriftKind;
  readonly severity: DriftSeverity;
  /** The table of the catalog, quoted; null: it is not about one. */
  readonly table: string | null;
  /** What is wrong and what follows from it: one sentence, or two. */
  readonly message: string;
  /** What has to be done by hand before the command, as an imperative sentence; null: nothing. */
  readonly first: string | null;
  /** SQL statements, or a command, that mend it: each to be run by itself, in this order; empty where nothing can simply be run. */
  readonly fix: readonly string[];
}

export const driftId = ({ kind, table, message }: Drift): string => JSON.stringify([kind, table, message]);

/** The command that puts back whatever of ours is gone, as a `fix`. */
export const installCommand: readonly string[] = ['npx rowhook install'];

/** What comes of a table or column that payloads miss. */
export const relayStops =
  'payloads read it, so the relay stops once it needs it, and tries again until that is mended';
/** The same, where capture goes on. */
export const relayWaits = `${relayStops}; changes are still written down and wait, nothing is lost meanwhile`;
