import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { got, type Response } from 'got';
import type { HttpSource, RecordKey, SourceHeaders } from '../catalog/source.ts';
import { mapBounded } from './bounded.ts';
import { reasonOf, sourceFailed, sourceInvalid } from './failure.ts';
import { addressOf, shownAddress } from './url.ts';
import { within } from './within.ts';

export interface HttpSourceOptions {
  readonly resourceName: string;
  readonly source: HttpSource;
  /** Takes out of a payload what must not leave. */
  readonly exclude: (text: string) => string;
  readonly log: { warn(fields: object, message: string): void };
}

const defaultTimeoutMs = 10_000;
/** Of one body, in bytes. */
const largestBody = 10_000_000;
const longestBackoffMs = 5_000;
/** The application says that it has no such record. */
const goneStatus: readonly number[] = [404, 410];

/**
 * Payloads by GET of the application's own API, kept alive and `concurrency` at a time. Redirects are not followed: an API knows
 * its own addresses, and the headers, which may be credentials, go where the catalog says and nowhere else.
 *
 * `fetch` rejects with RowhookError `source_failed` where the application does not answer, or with another status than 200, 404
 * and 410; `source_invalid` where the body is not JSON in UTF-8, or has more than 10 MB.
 */
export function httpSource({ resourceName, source, exclude, log }: HttpSourceOptions) {
  const { url: template, timeoutMs = defaultTimeoutMs, retries = 2, concurrency = 8 } = source;
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
    fetch(keys: readonly RecordKey[], signal: AbortSignal): Promise<Array<string | undefined>> {
      return mapBounded(keys, concurrency, signal, fetchOne);
    },
    close(): void {
      agent.http.destroy();
      agent.https.destroy();
    },
  };

  async function fetchOne(key: RecordKey, signal: AbortSignal): Promise<string | undefined> {
    const url = addressOf(template, key);
    if (!url) {
      log.warn({ resource: resourceName, key }, 'a record whose key has no address is shown by its last row');
      return undefined;
    }
    const asked = `GET ${shownAddress(url)}`;
    const response = await answer(url, await headers(signal), signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error === tooLarge) throw sourceInvalid(resourceName, `${asked} answered ${largeText}`);
      throw sourceFailed(resourceName, `${asked} got no answer: ${reasonOf(error)}`);
    });
    const { statusCode, rawBody } = response;
    if (goneStatus.includes(statusCode)) return undefined;
    if (statusCode !== 200) throw sourceFailed(resourceName, `${asked} answered ${statusCode}`);
    const text = jsonText(response);
    if (text === undefined) {
      const { 'content-type': type = 'no type', 'content-encoding': encoding = 'no encoding' } =
        response.headers;
      const found = `${rawBody.length} bytes of ${type}, ${encoding}`;
      throw sourceInvalid(resourceName, `${asked} answered 200 without JSON in UTF-8, but with ${found}`);
    }
    return exclude(text);
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
