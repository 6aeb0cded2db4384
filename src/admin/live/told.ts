import type { DeliverySummary } from '../../store/history.ts';
import type { Noticed } from '../../store/live-deliveries.ts';

interface Entry extends Pick<Noticed, 'id' | 'endpointId' | 'eventId'> {
  /** How it stood when it was told. */
  readonly standing: string;
  readonly place: string;
  readonly moving: boolean;
}

const ended: ReadonlySet<string> = new Set(['succeeded', 'exhausted', 'dropped']);
const keptMost = 10_000;

/** What listeners have been told of deliveries: each change once, and what is under way is not lost sight of. */
export class Told {
  /** What was told last comes last. */
  readonly #entries = new Map<string, Entry>();

  /** It has not been told, or not with this attempt. */
  isNew({ id, place }: Noticed): boolean {
    const known = this.#entries.get(id);
    return known === undefined || known.place < place;
  }

  /** Keeps in mind what is under way, as somebody has loaded it by himself: nothing is told of it yet. */
  saw(summary: DeliverySummary): void {
    if (ended.has(summary.state) || this.#entries.has(summary.id)) return;
    // What happened since it was loaded is told all the same: its attempts are still new.
    this.#keep(summary, '');
  }

  /**
   * Whether it is to be told: it does not stand as it was told before.
   * @param latestId of its latest attempt
   * @param noticed something of it is new, whether or not it stands as before
   */
  tell(summary: DeliverySummary, latestId: string | undefined, noticed: boolean): boolean {
    const before = this.#entries.get(summary.id);
    const place = latestId ?? summary.id;
    this.#keep(summary, noticed || before === undefined || before.place !== '' ? place : '');
    return noticed || before?.standing !== standingOf(summary);
  }

  /** Those that are under way, the ones told last first. */
  moving(isWanted: (endpointId: string) => boolean, most: number): Entry[] {
    const found: Entry[] = [];
    for (const entry of [...this.#entries.values()].reverse()) {
      if (found.length === most) break;
      if (entry.moving && isWanted(entry.endpointId)) found.push(entry);
    }
    return found;
  }

  #keep(summary: DeliverySummary, place: string): void {
    const { id, endpointId, eventId, state } = summary;
    this.#entries.delete(id);
    const standing = standingOf(summary);
    this.#entries.set(id, { id, endpointId, eventId, standing, place, moving: !ended.has(state) });
    if (this.#entries.size > keptMost) this.#entries.delete(this.#entries.keys().next().value as string);
  }
}

const standingOf = ({ state, attempts, dueAt }: DeliverySummary): string =>
  `${state} ${attempts} ${dueAt?.getTime() ?? ''}`;
