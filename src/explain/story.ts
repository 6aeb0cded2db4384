/** What a step of a story says, as a stable word. docs/support.md lists the same ones. */
export const stepCodes = {
  event: 'An event was made.',
  delivered: 'The receiver took it.',
  sending: 'A daemon is sending it now.',
  due: 'It is due, and waits for its turn.',
  waiting: 'An attempt failed; the next one has a time.',
  behind: 'It waits for an earlier delivery of its record, which goes first.',
  held: 'Its endpoint is not sent anything at present: paused, disabled, behind an open breaker, or at its own request.',
  exhausted: 'All attempts failed.',
  blocked_address: 'Requests may not go to where the URL leads.',
  dropped: 'It was dropped before it came to an end.',
  not_subscribed: 'The endpoint did not take events of this name.',
  other_tenant: "The endpoint gets another tenant's events.",
  disabled: 'The endpoint was disabled when the event was made.',
  created_later: 'The endpoint was registered after the event was made.',
  deleted_before: 'The endpoint was deleted before the event was made.',
  not_kept: 'Nothing is known of its delivery any more.',
  attempt: 'One request, and how it ended.',
  change_waiting: 'A change is committed, and the relay has not read it yet.',
  change_silent: 'A change waits of which no event will come.',
  changes_unread: 'More changes wait than were looked through.',
  set_aside: 'The record cannot be shown; its events wait until it can.',
  parked: "An event waits for the record's delete, which has its last row.",
  gap: 'Changes of its table were made that nobody could write down.',
  drift: 'Its tables are not as capture needs them.',
  relay_absent: 'No relay is active: nothing becomes an event.',
  awaited: 'What an event of the resource waits for.',
  filtered:
    'A change of other columns, or one that does not meet the conditions, makes no event and leaves no trace.',
  record: 'Whether the record is there now.',
  note: 'Something else that is worth knowing.',
} as const;

export type StepCode = keyof typeof stepCodes;

/** One thing that happened, or is so. */
export interface Step {
  readonly code: StepCode;
  /** A sentence, or the rest of one. */
  readonly words: string;
  /** When it happened; null: it is so now, or has no time. */
  readonly at: Date | null;
  /** What helps, each as an imperative sentence or a command. */
  readonly advice: readonly string[];
  /** Of which endpoint, delivery, event; how many. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What it consists of, in order. */
  readonly steps: readonly Step[];
}

/** Why something was delivered, or was not. */
export interface Story {
  /** All in one sentence. */
  readonly answer: string;
  readonly steps: readonly Step[];
}

/** A step with what it has; the rest is empty. */
export function step(code: StepCode, words: string, rest: Partial<Omit<Step, 'code' | 'words'>> = {}): Step {
  return { code, words, at: null, advice: [], facts: {}, steps: [], ...rest };
}
