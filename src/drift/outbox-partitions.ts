import { outboxRest } from '../store/outbox.ts';
import type { Drift } from './kinds.ts';

/** Partitions that the outbox has not got. */
export interface OutboxFacts {
  readonly missing: ReadonlyArray<{
    readonly name: string;
    /** There is such a table: it was detached, and may hold changes that nobody reads. */
    readonly detached: boolean;
  }>;
  /** Whose the outbox is, quoted. */
  readonly owner: string;
}

/** @param names SQL of the names of all partitions, a text[]. @returns SQL of these facts as JSON */
export const outboxFacts = (names: string): string => `(
  select json_build_object('owner', o.relowner::regrole::text, 'missing', coalesce((
    select json_agg(json_build_object('name', name, 'detached', to_regclass('rowhook.' || name) is not null) order by name)
    from unnest(${names}) name
    where not exists (
      select from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = o.oid and c.relname = name)), '[]'))
  from pg_class o where o.oid = 'rowhook.outbox'::regclass)`;

/** Pure. */
export function outboxDrift({ missing, owner }: OutboxFacts): Drift[] {
  const isRestMissing = missing.some(({ name }) => name === outboxRest);
  // The rest first: with it no write fails any more.
  const ordered = [...missing].sort((a, b) => Number(b.name === outboxRest) - Number(a.name === outboxRest));
  return ordered.map(({ name, detached }) => {
    const drift = { kind: 'outbox_partition_missing', table: null } as const;
    const putBack = [...create(name), `ALTER TABLE rowhook.${name} OWNER TO ${owner};`];
    if (detached) {
      return {
        ...drift,
        severity: 'blind',
        message: `rowhook.${name} was detached from the outbox: changes in it that were not read yet become no events`,
        first:
          'Attach it as it is only where it was detached a moment ago, before the relay went on; the statements make all of it new changes, also what was read already.',
        fix: [
          `ALTER TABLE rowhook.${name} RENAME TO ${name}_detached;`,
          ...putBack,
          `INSERT INTO rowhook.outbox (changed_at, capture_id, op, n, request_id, keys, masks, vals) SELECT changed_at, capture_id, op, n, request_id, keys, masks, vals FROM rowhook.${name}_detached ORDER BY seq;`,
          `DROP TABLE rowhook.${name}_detached;`,
        ],
      };
    }
    if (isRestMissing && missing.length > 1) {
      return {
        ...drift,
        severity: 'blind',
        message: `rowhook.${name} is gone, and not only that partition: writes to captured tables fail in ten minutes of each hour`,
        first: null,
        fix: putBack,
      };
    }
    return {
      ...drift,
      severity: 'note',
      message:
        name === outboxRest
          ? `rowhook.${name} is gone: should another partition of the outbox be missing, writes to captured tables fail`
          : `rowhook.${name} is gone: what is written in its ten minutes of each hour is in rowhook.${outboxRest}, and becomes events as ever`,
      first:
        name === outboxRest
          ? null
          : `Wait until rowhook.${outboxRest} is empty, which the relay sees to; set lock_timeout, so that no writer waits for long.`,
      fix: putBack,
    };
  });
}

function create(name: string): string[] {
  const isRest = name === outboxRest;
  const slot = name.slice('outbox_'.length);
  return [
    `CREATE TABLE rowhook.${name} (LIKE rowhook.outbox INCLUDING DEFAULTS INCLUDING INDEXES)${isRest ? '' : ' WITH (autovacuum_enabled = off)'};`,
    `ALTER TABLE rowhook.outbox ATTACH PARTITION rowhook.${name} ${isRest ? 'DEFAULT' : `FOR VALUES IN (${slot})`};`,
  ];
}
