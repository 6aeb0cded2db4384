/** Where payloads come from that the database does not make itself. */
export type Source = HttpSource | FunctionSource;

/** The key of a record: column to its value's text, which holds every digit of a bigint. */
export type RecordKey = Readonly<Record<string, string>>;

/**
 * GET from the application's own API. A 200 with JSON is the payload, byte for byte; 404 and 410 say that it no longer has the
 * record, whose last known row is then shown. Of a record that it refuses, or fails for while it answers for others, the events are
 * set aside; anything else, and no answer, delays all events until it is better.
 */
export interface HttpSource {
  readonly kind: 'http';
  /** Absolute, with `{column}` where a column of the key belongs: `https://crm.example/api/people/{id}`. */
  readonly url: string;
  /** Sent with every request; a function is asked for each, so that a token may change. */
  readonly headers?: Readonly<Record<string, string>> | (() => SourceHeaders | Promise<SourceHeaders>);
  /** Milliseconds that one request may take. Default: 10,000. */
  readonly timeoutMs?: number;
  /** How often a request is tried again at once, before the relay waits and tries the page again. Default: 2. */
  readonly retries?: number;
  /** Requests at a time. Default: 8. */
  readonly concurrency?: number;
}

export type SourceHeaders = Readonly<Record<string, string>>;

/** The application's own code, given all keys of a page at once. */
export interface FunctionSource {
  readonly kind: 'function';
  /**
   * Payloads in the order of the keys, as values that become a JSON object or list; null or undefined where there is no such record.
   * Records for which it throws, while it answers for others, are set aside; where it answers for none, events wait.
   */
  readonly load: (keys: readonly RecordKey[]) => Promise<readonly unknown[]> | readonly unknown[];
}

/** How an http source is given: see HttpSource. */
export type HttpOptions = Omit<HttpSource, 'kind'>;

/** Payloads by GET of the application's own endpoint. */
export const fromHttp = (options: HttpOptions): HttpSource => ({ kind: 'http', ...options });

/** Payloads by a function of the application, which gets all keys of a page at once. */
export const fromFunction = (load: FunctionSource['load']): FunctionSource => ({ kind: 'function', load });
