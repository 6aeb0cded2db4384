import type { RecordEvent } from '../events/events.ts';
import { recordId } from '../events/record-id.ts';

/** Why a record cannot be shown, though it is there. Sources give it too. */
export interface Unshown {
  /** A stable word: see rowhook.set_aside.reason. */
  readonly reason: string;
  /** SQLSTATE, status of HTTP and the like; nothing of what the record holds. */
  readonly detail: string;
  /** False: it failed with others, and nobody has looked which of them it is. It is to be tried again at once, with fewer. */
  readonly proven: boolean;
}

export const isUnshown = (value: unknown): value is Unshown =>
  typeof value === 'object' && value !== null && 'reason' in value;

/** An event that is set aside, and why its record cannot be shown. */
export interface Aside {
  readonly event: RecordEvent;
  readonly why: Unshown;
}

/** Collects what of some events is to be set aside: those that fail, and of the same record every later one (invariant 3). */
export interface AsideEvents {
  put(event: RecordEvent, why: Unshown): void;
  /** An event of its record was put here: it goes behind. True where it did. */
  putBehind(event: RecordEvent): boolean;
  holds(event: RecordEvent): boolean;
  /** In the order of the events. */
  all(): Aside[];
}

/** @param events all of them, in their order. Pure */
export function createAsideEvents(events: readonly RecordEvent[]): AsideEvents {
  const why = new Map<string, Unshown>();
  const held = new Set<RecordEvent>();
  return {
    put(event, unshown) {
      const id = recordId(event);
      if (!why.has(id)) why.set(id, unshown);
      held.add(event);
    },
    putBehind(event) {
      const behind = why.has(recordId(event));
      if (behind) held.add(event);
      return behind;
    },
    holds: (event) => why.has(recordId(event)),
    all: () =>
      held.size === 0
        ? []
        : events.flatMap((event) => (held.has(event) ? [{ event, why: why.get(recordId(event))! }] : [])),
  };
}
