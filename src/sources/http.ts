import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { got, type Response } from 'got';
import type { HttpSource, RecordKey, SourceHeaders } from '../catalog/source.ts';
import type { RowhookError } from '../errors.ts';
import { mapBounded } from './bounded.ts';
import { reasonOf, sourceFailed, sourceInvalid } from './failure.ts';
import { createHealth, suspiciousFailures } from './health.ts';
import type { Room } from './room.ts';
import { addressOf, shownAddress } from './url.ts';
import { within } from './within.ts';

export interface SourceLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface HttpSourceOptions {
  readonly resourceName: string;
  readonly source: HttpSource;
  /** Takes out of a payload what must not leave. */
  readonly exclude: (text: string) => string;
  readonly log: SourceLog;
}

const defaultTimeoutMs = 10_000;
/** Of one body, in bytes. */
const largestBody = 10_000_000;
const longestBackoffMs = 5_000;
/** At most so many records fail before the others are left for the next try. */
const mostFailures = 32;
/** The application says that it has no such record. */
const goneStatus: readonly number[] = [404, 410];
/** It will not answer for this record, however often it is asked (RFC 9110, 15.5; 431: a key that is too long; 451). */
const refusedStatus: readonly number[] = [400, 413, 414, 422, 431, 451];
/** Whoever asks, and how often, is refused: no record can bring that about. */
const unwelcomeStatus: readonly number[] = [401, 407, 429];
/** It, or what stands before it, has not come to answer. */
const unansweredStatus: readonly number[] = [403, 408, 421, 425, 502, 503, 504];

/** What a request came to. */
type Outcome =
  | { readonly text: string | undefined }
  | {
      readonly error: RowhookError;
      /** `application`: whatever record is asked for. `unclear`: as if it were down. `record`: it is there, and answers wrongly. */
      readonly of: 'application' | 'unclear' | 'record';
    };

/**
 * Payloads by GET of the application's own API, kept alive and `concurrency` at a time. Redirects are not followed: an API knows
 * its own addresses, and the headers, which may be credentials, go where the catalog says and nowhere else.
 *
 * `fetch` rejects with RowhookError `source_failed` where the application does not answer, or with a status that says nothing of
 * the record; `source_invalid` where the body is not JSON in UTF-8, or has more than 10 MB.
 *
 * Undefined, and a line in the log, where the application refuses the record; and where it has failed for the record several times in
 * a row, although it answers for another one. One record must not stop all others; an application that is down loses none.
 */
export function httpSource({ resourceName, source, exclude, log }: HttpSourceOptions) {
  const { url: template, timeoutMs = defaultTimeoutMs, retries = 2, concurrency = 8 } = source;
  const health = createHealth();
  const agent = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const client = got.extend({
    agent,
    followRedirect: false,
    throwHttpErrors: false,
    responseType: 'buffer',
    // So that what was received is what is counted, and no small body can swell.
    decompress: false,
    headers: { 'user-agent': 'rowhook', accept: 'application/json', 'accept-encoding': 'identity' },
    timeout: { request: timeoutMs },
    retry: { limit: retries, backoffLimit: longestBackoffMs, maxRetryAfter: longestBackoffMs },
  });

  return {
    async fetch(
      keys: readonly RecordKey[],
      signal: AbortSignal,
      room: Room,
    ): Promise<Array<string | undefined>> {
      // What the application says of one record does not break off the others: each failure counts for its own.
      const failures: RowhookError[] = [];
      const texts = await mapBounded([...keys.entries()], concurrency, signal, async ([i, key], each) => {
        const outcome = await fetchOne(key, keys, each);
        if ('text' in outcome) {
          const { text } = outcome;
          return text !== undefined && room.takes(i, text.length) ? text : undefined;
        }
        failures.push(outcome.error);
        if (outcome.of !== 'record' || failures.length >= mostFailures) throw outcome.error;
        return undefined;
      });
      if (failures.length > 0) throw failures[0];
      return texts;
    },
    close(): void {
      agent.http.destroy();
      agent.https.destroy();
    },
  };

  async function fetchOne(key: RecordKey, keys: readonly RecordKey[], signal: AbortSignal): Promise<Outcome> {
    const suspect = health.isSuspect(key);
    const other = suspect
      ? health.another(
          key,
          keys.filter((one) => addressOf(template, one)),
        )
      : undefined;
    // First: an application that comes back between the two must not look as if it failed for this record alone.
    const isUp = other !== undefined && 'text' in (await ask(other, signal));
    const outcome = await ask(key, signal);
    if ('text' in outcome || outcome.of === 'application') return outcome;
    health.failed(key);
    const isAlone = other === undefined && keys.length === 1 && outcome.of === 'record';
    if (!suspect || !(isUp || isAlone)) return outcome;
    log.error(
      { resource: resourceName, key, code: outcome.error.code, found: outcome.error.message },
      `a record for which the application has failed ${suspiciousFailures} times or more is shown by its last row`,
    );
    return { text: undefined };
  }

  async function ask(key: RecordKey, signal: AbortSignal): Promise<Outcome> {
    const url = addressOf(template, key);
    if (!url) {
      log.warn({ resource: resourceName, key }, 'a record whose key has no address is shown by its last row');
      return { text: undefined };
    }
    const asked = `GET ${shownAddress(url)}`;
    const given = await headers(signal);
    const response = await answer(url, given, signal).catch((error: unknown): Outcome => {
      signal.throwIfAborted();
      if (error === tooLarge)
        return { error: sourceInvalid(resourceName, `${asked} answered ${largeText}`), of: 'record' };
      return {
        error: sourceFailed(resourceName, `${asked} got no answer: ${reasonOf(error)}`),
        of: 'unclear',
      };
    });
    if (!('statusCode' in response)) return response;
    const { statusCode, rawBody } = response;
    if (refusedStatus.includes(statusCode)) {
      log.warn(
        { resource: resourceName, key, status: statusCode },
        'a record that the application refuses is shown by its last row',
      );
    }
    if (goneStatus.includes(statusCode) || refusedStatus.includes(statusCode)) {
      health.forgive(key);
      return { text: undefined };
    }
    if (statusCode !== 200) {
      return {
        error: sourceFailed(resourceName, `${asked} answered ${statusCode}`),
        of: unwelcomeStatus.includes(statusCode)
          ? 'application'
          : unansweredStatus.includes(statusCode)
            ? 'unclear'
            : 'record',
      };
    }
    const text = jsonText(response);
    if (text === undefined) {
      const { 'content-type': type = 'no type', 'content-encoding': encoding = 'no encoding' } =
        response.headers;
      const found = `${rawBody.length} bytes of ${type}, ${encoding}`;
      return {
        error: sourceInvalid(resourceName, `${asked} answered 200 without JSON in UTF-8, but with ${found}`),
        of: 'record',
      };
    }
    health.answered(key);
    return { text: exclude(text) };
  }

  async function headers(signal: AbortSignal): Promise<SourceHeaders> {
    const given = source.headers;
    if (typeof given !== 'function') return given ?? {};
    return within((async () => given())(), { timeoutMs, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw sourceFailed(resourceName, `the function for the headers failed: ${reasonOf(error)}`, error);
    });
  }

  async function answer(url: URL, given: SourceHeaders, signal: AbortSignal): Promise<Response<Buffer>> {
    const request = client.get(url, { headers: { ...given }, signal, responseType: 'buffer' });
    let isTooLarge = false;
    void request.on('downloadProgress', ({ transferred, total = 0 }) => {
      isTooLarge = Math.max(transferred, total) > largestBody;
      if (isTooLarge) request.cancel();
    });
    return request.catch((error: unknown) => {
      throw isTooLarge ? tooLarge : error;
    });
  }
}

const tooLarge = Symbol('too large');
const largeText = `more than ${largestBody / 1_000_000} MB`;

/** The body where it is JSON (RFC 8259), else undefined. */
function jsonText({ rawBody }: Response<Buffer>): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(rawBody);
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}
