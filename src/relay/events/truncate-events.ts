import type { Catalog, TimestampForm } from '../../catalog/types.ts';
import type { EventTable, RecordEvent } from './events.ts';
import type { Role } from './roles.ts';
import type { Truncation } from './truncations.ts';

/** What truncations are looked at with. */
interface TruncationContext {
  readonly catalog: Pick<Catalog, 'timestamps'>;
  readonly events: EventTable;
  readonly roles: ReadonlyMap<number, readonly Role[]>;
}

/** Events with those of whole truncations, one for each resource whose own table it was, all in the order of their seq. Pure. */
export function withTruncations(
  events: readonly RecordEvent[],
  truncations: readonly Truncation[],
  context: TruncationContext,
): readonly RecordEvent[] {
  const more = truncations.flatMap((truncation) => eventsOfTruncation(truncation, context));
  return more.length === 0 ? events : [...events, ...more].sort((a, b) => a.seq - b.seq);
}

/** They speak of no record: their body is theirs already. */
function eventsOfTruncation(
  { captureId, seq, xid, changedAt, requestId, whole }: Truncation,
  { catalog, events, roles }: TruncationContext,
): RecordEvent[] {
  const resources = (roles.get(captureId) ?? []).filter(({ part }) => whole && part === undefined);
  return resources.flatMap(({ resourceName }) =>
    truncateNames(resourceName, events).map((name) => ({
      name,
      resourceName,
      key: '',
      seq,
      xid,
      changedAt: changedAt.toISOString(),
      requestId,
      deleted: false,
      image: undefined,
      touched: false,
      overdue: false,
      body: JSON.stringify({
        resource: resourceName,
        truncated_at: timestamp(changedAt, catalog.timestamps),
      }),
    })),
  );
}

/** Whether events say all that there is to say of a truncation: each resource that the table is anything to has one. Pure. */
export function isTold({ captureId, whole }: Truncation, { events, roles }: TruncationContext): boolean {
  const mine = roles.get(captureId) ?? [];
  return (
    whole &&
    mine.length > 0 &&
    mine.every(({ part, resourceName }) => !part && truncateNames(resourceName, events).length > 0)
  );
}

const truncateNames = (resourceName: string, table: EventTable): string[] =>
  (table.get(resourceName) ?? []).flatMap(([name, { on }]) => (on === 'truncate' ? [name] : []));

/** In UTC and to the second, as the fields of a payload write it. */
function timestamp(at: Date, form: TimestampForm): string | number {
  const seconds = at.toISOString().slice(0, 19);
  if (form === 'unix') return Math.floor(at.getTime() / 1_000);
  return form === 'iso' ? `${seconds}+00:00` : seconds.replace('T', ' ');
}
