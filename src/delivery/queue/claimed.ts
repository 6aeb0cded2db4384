import type { OldSecret } from '../../wire/secrets.ts';

/** 0 first tries, 1 retries, 2 redelivered by hand. */
export type Lane = 0 | 1 | 2;

/** A delivery that this process may send until its lease ends. */
export interface Claimed {
  readonly lane: Lane;
  /** Which half of the queue it lies in. */
  readonly slot: number;
  readonly endpointId: string;
  readonly id: string;
  readonly eventId: string;
  /** resource:key, where its endpoint is sent one delivery of a record at a time; null else. */
  readonly record: string | null;
  readonly lease: string;
  /** As in the request that claimed it. */
  readonly sendBy: number;
  /** Requests made for it so far. */
  readonly attempts: number;
  /** How many of these belong to earlier schedules: it was redelivered by hand after them. */
  readonly settledAttempts: number;
  /** The dialect of its first attempt, which a retry keeps to; null before that. */
  readonly firstDialect: string | null;
  /** Times it was begun, with this one where it is counted: more than attempts + 1 where a process died while sending. */
  readonly starts: number;
  /** This claim counted a start. False where it is suspicious: that is sent alone, and `begin` counts its start just before. */
  readonly counted: boolean;
  /** It has been due for a while, or tried before: what is fresh goes before it. */
  readonly backlog: boolean;
  /** The one request that an open breaker lets through. */
  readonly probe: boolean;
  readonly url: string;
  readonly secret: string | null;
  /** The newest first, also those whose time is over. */
  readonly oldSecrets: readonly OldSecret[];
  /** Of the endpoint as it was read: another one after any change of it. */
  readonly endpointVersion: string;
  /** Null: as the catalog says. */
  readonly dialect: string | null;
  /** Of the endpoint at the moment of the claim. */
  readonly settings: EndpointSettings;
  /** The endpoint has failed, is throttled, or was paused: a success of it is worth noting. */
  readonly unwell: boolean;
  /** Null when retention has taken the event away. */
  readonly event: ClaimedEvent | null;
  /** Of the payload, in UTF-8; 0 where there is none. */
  readonly bytes: number;
}

/** What an endpoint is to be sent at a time, and how. Texts are as stored: they may be sealed. */
export interface EndpointSettings {
  /** Requests at a time, over all daemons; null: as this daemon is configured. */
  readonly concurrency: number | null;
  /** Requests begun a second, over all daemons: the lower of what it is set to and what it is throttled to; null: no limit. */
  readonly rate: number | null;
  /** Deadline of a whole request; null: as this daemon is configured. */
  readonly timeoutMs: number | null;
  /** Milliseconds from each failed attempt to the next; empty: no retry; null: as the dialect has it. */
  readonly schedule: readonly number[] | null;
  readonly ordering: 'none' | 'record';
  readonly headers: string | null;
  readonly clientCertificate: string | null;
  readonly clientKey: string | null;
  readonly ca: string | null;
  readonly proxy: string | null;
}

export interface ClaimedEvent {
  readonly name: string;
  readonly payload: string;
  readonly requestId: string | null;
  readonly changedAt: Date;
}
