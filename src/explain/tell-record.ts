import type { Drift } from '../drift/kinds.ts';
import type { Count } from '../store/status.ts';
import type { Awaited } from './awaited.ts';
import type { EventFacts, Surroundings } from './facts.ts';
import type { WaitingChanges } from './read-changes.ts';
import type { GapFacts, ParkedFacts, SetAsideFacts } from './read-record.ts';
import { wordsOfSetAside } from './reason-words.ts';
import { type Step, type Story, step } from './story.ts';
import { driftStep, gapStep, setAsideStep, waitingStep } from './tell-changes.ts';
import { eventText } from './tell-event.ts';
import { counted, eventsText, listed, recordText, sentence, someOf, time } from './words.ts';

/** All that is known of what became of a record's changes. */
export interface RecordTale {
  readonly resource: string;
  readonly key: string;
  readonly since: Date;
  /** What became of each event, the first of them first. */
  readonly events: ReadonlyArray<{
    readonly event: EventFacts;
    readonly answer: string;
    readonly step: Step;
  }>;
  /** How many there are since then. */
  readonly count: Count;
  readonly waiting: WaitingChanges;
  readonly setAside: SetAsideFacts | undefined;
  readonly parked: readonly ParkedFacts[];
  readonly gaps: readonly GapFacts[];
  readonly drift: readonly Drift[];
  /** With the columns for which the record, as it is now, is not what the event waits for. */
  readonly awaited: ReadonlyArray<Awaited & { readonly unmet: readonly string[] }>;
  /** Columns whose change alone makes no event. */
  readonly unwatched: readonly string[];
  /** Its row is in the table; null: nobody may look. */
  readonly there: boolean | null;
  readonly surroundings: Surroundings;
}

/** What became of a record's changes since a moment. Pure. */
export function tellRecord(tale: RecordTale): Story {
  const { events, count, waiting, setAside, parked } = tale;
  const coming = waiting.changes.some(({ events: made }) => made.length > 0);
  const nothing = events.length === 0 && setAside === undefined && parked.length === 0 && !coming;
  const steps = [
    ...(count.count > events.length
      ? [
          step(
            'note',
            `${counted(count.count - events.length, 'earlier event')}${count.atLeast ? ' or more' : ''}: ask since a later time, or for one of them by its id`,
          ),
        ]
      : []),
    ...events.map((each) => each.step),
    ...(setAside ? [setAsideStep(tale, setAside)] : []),
    ...parked.map(({ event, resource, key }) =>
      step(
        'parked',
        `${event} waits for the last row of ${resource}:${key}, which a delete brings that is still to be read`,
      ),
    ),
    ...waiting.changes.map(waitingStep),
    ...(waiting.cut
      ? [
          step(
            'changes_unread',
            'more changes wait in the outbox than were looked through, from the newest one on: there may be earlier ones of the record',
          ),
        ]
      : []),
    ...absence(tale),
    ...tale.gaps.map(gapStep),
    ...tale.drift.map(driftStep),
    ...silence(tale, nothing || waiting.changes.some(({ events: made }) => made.length === 0)),
  ];
  return { answer: sentence(answerOf(tale)), steps };
}

function answerOf(tale: RecordTale): string {
  const { resource, key, since, events, count, waiting, setAside, surroundings } = tale;
  const last = events.at(-1);
  const name = recordText(resource, key);
  const owed = waiting.changes.filter(({ events: made }) => made.length > 0);
  const none = surroundings.relayActive ? '' : ', and no relay is active: see whether a daemon runs';
  const parts = [
    ...(setAside
      ? [
          `${name} is set aside since ${time(setAside.setAsideAt)}, because ${wordsOfSetAside(setAside.reason)}: ${eventsText(setAside.count)} of it wait`,
        ]
      : []),
    ...(owed.length > 0
      ? [
          `${counted(owed.length, 'change')} of ${name} ${owed.length === 1 ? 'waits' : 'wait'} for the relay${none}`,
        ]
      : []),
  ];
  if (last) {
    const which =
      count.count === 1
        ? `${eventText(last.event)}, of ${time(last.event.changedAt)}`
        : `of ${eventsText(count)} the last one, ${eventText(last.event)} of ${time(last.event.changedAt)}`;
    parts.push(`${which}: ${lower(last.answer)}`);
  }
  if (parts.length > 0) return parts.join('; ');
  const nothing = `no event of ${name} was made since ${time(since)}`;
  const silent = waiting.changes.length;
  if (silent > 0)
    return `${nothing}, and none will come of ${counted(silent, 'change that waits', 'changes that wait')} for the relay`;
  const blind = tale.drift.find(({ severity }) => severity === 'blind');
  if (blind) return `${nothing}, and capture does not see all that happens to its tables`;
  if (tale.gaps.length > 0) return `${nothing}, and changes of its tables went by unseen`;
  if (tale.there === false) return `${nothing}, and there is no such record now`;
  return `${nothing}: nothing that was committed and captured since is what an event waits for`;
}

const lower = (words: string): string =>
  /^[A-Z][a-z]/.test(words) ? words.charAt(0).toLowerCase() + words.slice(1) : words;

function absence({ surroundings, waiting }: RecordTale): Step[] {
  if (surroundings.relayActive) return [];
  const more = waiting.changes.length > 0 ? '' : ', and what is committed from now on waits in the outbox';
  return [
    step(
      'relay_absent',
      `no relay is active: no daemon runs, or its relay fails, which its log tells${more}`,
      { advice: ['rowhook start'] },
    ),
  ];
}

const namedMost = 12;

/**
 * What could be the cause where nothing was written down. There may always be such a change, also beside others that made events.
 * @param known whether it is known that one has made none, or that none has: then all is told that there is to compare it with
 */
function silence({ resource, awaited, unwatched, there }: RecordTale, known: boolean): Step[] {
  const row =
    there === null || !known
      ? []
      : [step('record', there ? 'the record is there now' : 'there is no such record now')];
  const some = awaited
    .filter(({ conditional }) => known || conditional)
    .map(({ event, words, unmet }) =>
      step(
        'awaited',
        `${event}: ${words}${unmet.length === 0 ? '' : `; the record is not like that now: see its ${listed(unmet)}`}`,
        {
          facts: { event, unmet },
        },
      ),
    );
  const columns =
    unwatched.length === 0 ? 'other columns' : someOf(unwatched.slice(0, namedMost), unwatched.length);
  const which = awaited.some(({ conditional }) => conditional)
    ? `A change of ${columns} alone, or one that does not meet the conditions of an event, makes none and leaves no trace`
    : `A change of ${columns} alone makes none and leaves no trace`;
  const words =
    awaited.length === 0
      ? `the catalog has no event of ${resource}`
      : `${resource} has ${counted(awaited.length, 'event')}. ${which}: afterwards nobody can know of it. Nor is a change seen before it is committed`;
  return [...row, step('filtered', words, { facts: { unwatched }, steps: some })];
}
