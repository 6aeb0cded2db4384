import type { LiveTopic } from '../shapes/live.ts';

/** Something that listeners are told. */
export interface LiveMessage {
  /** When it was told, and which it was: `1795412055123-42`. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly topic: LiveTopic | 'reset';
  /** Of which endpoint; null: of none in particular. */
  readonly endpointId: string | null;
  /** JSON. */
  readonly data: string;
}

/** Characters that are kept for those who come back: some seconds of a busy system. */
const keptMost = 1_000_000;

/** What was told lately, for those who come, or come back. */
export class Messages {
  #kept: LiveMessage[] = [];
  #length = 0;
  #number = 0;
  /** Nothing that was told after this moment is missing here. */
  #completeFrom: number;

  /** @param completeFrom what happened since then is told by the first look */
  constructor(completeFrom: number) {
    this.#completeFrom = completeFrom;
  }

  add(message: Omit<LiveMessage, 'id'>): LiveMessage {
    this.#number += 1;
    const added = { ...message, id: `${message.at}-${this.#number}` };
    this.#kept.push(added);
    this.#length += added.data.length;
    while (this.#length > keptMost) {
      const gone = this.#kept.shift() as LiveMessage;
      this.#length -= gone.data.length;
      this.#completeFrom = Math.max(this.#completeFrom, gone.at);
    }
    return added;
  }

  /** All since a moment; undefined: some of them are not known any more. */
  since(at: number): readonly LiveMessage[] | undefined {
    return at < this.#completeFrom ? undefined : this.#kept.filter((message) => message.at >= at);
  }
}

/** The moment in the id of the last message that somebody got; undefined: it is none of ours. */
export function momentOf(lastEventId: string | undefined): number | undefined {
  const [, at] = /^(\d{13})-\d{1,15}$/.exec(lastEventId ?? '') ?? [];
  return at === undefined ? undefined : Number(at);
}
