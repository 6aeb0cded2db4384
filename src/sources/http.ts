import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Got, Response } from 'got';
import type { HttpSource, RecordKey, SourceHeaders } from '../catalog/source.ts';
import { mapBounded } from './bounded.ts';
import { reasonOf, sourceFailed, sourceInvalid, type Unshown } from './failure.ts';
import { createHealth } from './health.ts';
import {
  costly,
  type Failed,
  goneStatus,
  notAsked,
  type Outcome,
  refusedStatus,
  unansweredStatus,
  unshownBy,
  unwelcomeStatus,
} from './outcome.ts';
import type { Room } from './room.ts';
import { addressOf, shownAddress } from './url.ts';
import { within } from './within.ts';

export interface HttpSourceOptions {
  readonly resourceName: string;
  readonly source: HttpSource;
  /** Takes out of a payload what must not leave. */
  readonly exclude: (text: string) => string;
}

const defaultTimeoutMs = 10_000;
/** Of one body, in bytes. */
const largestBody = 10_000_000;
const longestBackoffMs = 5_000;
/** After so many records that fail, or so long after the first of them, the others are left for another time. */
const mostFailures = 32;
const mostFailingMs = 5_000;
/**
 * Payloads by GET of the application's own API, kept alive and `concurrency` at a time. Redirects are not followed: an API knows
 * its own addresses, and the headers, which may be credentials, go where the catalog says and nowhere else.
 *
 * `fetch` rejects with RowhookError `source_failed` where the application does not answer, or with a status that says nothing of
 * the record; `source_invalid` where the body is not JSON in UTF-8, or has more than 10 MB.
 *
 * Where it refuses a record, and where it fails for a record although it answers for another one, why comes instead. One record must
 * not stop all others; an application that is down loses none.
 */
export function httpSource({ resourceName, source, exclude }: HttpSourceOptions) {
  const { url: template, timeoutMs = defaultTimeoutMs, retries = 2, concurrency = 8 } = source;
  const health = createHealth();
  const agent = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const options = {
    agent,
    followRedirect: false,
    throwHttpErrors: false,
    responseType: 'buffer' as const,
    // So that what was received is what is counted, and no small body can swell.
    decompress: false,
    headers: { 'user-agent': 'rowhook', accept: 'application/json', 'accept-encoding': 'identity' },
    timeout: { request: timeoutMs },
    retry: { limit: retries, backoffLimit: longestBackoffMs, maxRetryAfter: longestBackoffMs },
  };
  let made: Promise<Got> | undefined;
  /** Loaded when it is first asked: it takes 10 MB of memory, and most catalogs have no such source. */
  const client = (): Promise<Got> => {
    made ??= import('got').then(({ got }) => got.extend(options));
    return made;
  };

  return {
    async fetch(
      keys: readonly RecordKey[],
      signal: AbortSignal,
      room: Room,
    ): Promise<Array<string | Unshown | undefined>> {
      /** Those that fail, and nobody else is known to be answered. */
      const unclear = new Map<number, Failed>();
      let failures = 0;
      let firstFailedAt = Number.POSITIVE_INFINITY;
      const settle = (i: number, outcome: Exclude<Outcome, Failed>): string | Unshown | undefined => {
        if ('text' in outcome)
          return outcome.text !== undefined && room.takes(i, outcome.text.length) ? outcome.text : undefined;
        if (costly.includes(outcome.unshown.reason)) {
          failures += 1;
          firstFailedAt = Math.min(firstFailedAt, performance.now());
        }
        return outcome.unshown;
      };
      const isEnough = () => failures >= mostFailures || performance.now() > firstFailedAt + mostFailingMs;
      const results = await mapBounded([...keys.entries()], concurrency, signal, async ([i, key], each) => {
        if (isEnough()) return notAsked;
        const outcome = await ask(key, each);
        if (!('error' in outcome)) return settle(i, outcome);
        if (outcome.of === 'application') throw outcome.error;
        const isSuspect = health.isSuspect(key);
        // Where it says nothing, and is not known to answer anybody, it is down: at first nobody else is tried.
        const proof = await prove(key, isSuspect || outcome.of === 'record' ? keys : [], each);
        if (proof) return settle(i, proof);
        health.failed(key);
        if (isSuspect && keys.length === 1 && outcome.of === 'record')
          return settle(i, { unshown: unshownBy(outcome) });
        unclear.set(i, outcome);
        // What the application says of one record does not break off the others; that it says nothing does.
        if (outcome.of === 'unclear' || unclear.size >= mostFailures) throw outcome.error;
        return undefined;
      });
      // Others may have been answered since.
      await mapBounded([...unclear], concurrency, signal, async ([i, { error }], each) => {
        const proof = isEnough() ? { unshown: notAsked } : await prove(keys[i]!, [], each);
        if (!proof) throw error;
        results[i] = settle(i, proof);
      });
      return results;
    },
    close(): void {
      agent.http.destroy();
      agent.https.destroy();
    },
  };

  /**
   * Whether a record fails by itself, though the application answers for another: one that it has answered for, else any of these.
   * Undefined: nobody can say.
   */
  async function prove(
    key: RecordKey,
    keys: readonly RecordKey[],
    signal: AbortSignal,
  ): Promise<Exclude<Outcome, Failed> | undefined> {
    const others = keys.filter((one) => one !== key && addressOf(template, one));
    const other = health.another([key]) ?? others[Math.floor(Math.random() * others.length)];
    // First the other: an application that comes back between the two must not look as if it failed for this record alone.
    if (!other || !('text' in (await ask(other, signal, 0)))) return undefined;
    const again = await ask(key, signal, 0);
    if (!('error' in again)) return again;
    return again.of === 'application' ? undefined : { unshown: unshownBy(again) };
  }

  /** @param limit how often it is tried again at once */
  async function ask(key: RecordKey, signal: AbortSignal, limit = retries): Promise<Outcome> {
    const url = addressOf(template, key);
    if (!url)
      return {
        unshown: { reason: 'no_address', detail: 'its key makes no address of its own', proven: true },
      };
    const asked = `GET ${shownAddress(url)}`;
    const given = await headers(signal);
    const response = await answer(url, given, limit, signal).catch((error: unknown): Outcome => {
      signal.throwIfAborted();
      if (error === tooLarge) {
        const detail = `answered ${largeText}`;
        return { error: sourceInvalid(resourceName, `${asked} ${detail}`), of: 'record', detail };
      }
      return {
        error: sourceFailed(resourceName, `${asked} got no answer: ${reasonOf(error)}`),
        of: 'unclear',
        detail: 'no answer',
      };
    });
    if (!('statusCode' in response)) return response;
    const { statusCode, rawBody } = response;
    const detail = `answered ${statusCode}`;
    if (goneStatus.includes(statusCode) || refusedStatus.includes(statusCode)) {
      health.forgive(key);
      return goneStatus.includes(statusCode)
        ? { text: undefined }
        : { unshown: { reason: 'source_refused', detail, proven: true } };
    }
    if (statusCode !== 200) {
      return {
        error: sourceFailed(resourceName, `${asked} ${detail}`),
        detail,
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
        detail: 'answered 200 without JSON in UTF-8',
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

  async function answer(
    url: URL,
    given: SourceHeaders,
    limit: number,
    signal: AbortSignal,
  ): Promise<Response<Buffer>> {
    const request = (await client()).get(url, {
      headers: { ...given },
      signal,
      responseType: 'buffer',
      retry: { limit },
    });
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
