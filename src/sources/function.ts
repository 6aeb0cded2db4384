import { types } from 'node:util';
import type { FunctionSource, RecordKey } from '../catalog/source.ts';
import { RowhookError } from '../errors.ts';
import { reasonOf, sourceFailed, sourceInvalid, type Unshown } from './failure.ts';
import { createHealth } from './health.ts';
import type { Room } from './room.ts';
import { within } from './within.ts';

export interface FunctionSourceOptions {
  readonly resourceName: string;
  readonly source: FunctionSource;
  /** Takes out of a payload what must not leave. */
  readonly exclude: (text: string) => string;
  /** A function that never settled would hold up the relay for ever. */
  readonly timeoutMs: number;
}

/** Once it has failed for all keys: so many calls more, for so long, and each of them no longer than so. */
const mostCalls = 64;
const mostMs = 5_000;
const callMs = 10_000;

/** What a call came to for each of its keys; where it failed as a whole, the error. */
type Answered = ReadonlyArray<string | Unshown | undefined>;

/**
 * Payloads by a function of the application, asked for all keys at once.
 *
 * Where it throws, rejects, takes longer than it may, or returns no list as long as that of the keys, it is asked for halves of them,
 * down to the records for which it fails; for those comes why. So it does for values that do not become an object or a list in JSON.
 * `fetch` rejects with RowhookError `source_failed` or `source_invalid` where it answers for nobody: neither for any of these keys nor
 * for one that it has answered for before.
 */
export function functionSource({ resourceName, source, exclude, timeoutMs }: FunctionSourceOptions) {
  const health = createHealth();

  return {
    async fetch(
      keys: readonly RecordKey[],
      signal: AbortSignal,
      room: Room,
    ): Promise<Array<string | Unshown | undefined>> {
      const answered = await loadEach(keys, signal);
      return answered.map((one, i) =>
        typeof one !== 'string' || room.takes(i, one.length) ? one : undefined,
      );
    },
  };

  async function loadEach(keys: readonly RecordKey[], signal: AbortSignal): Promise<Answered> {
    const whole = await load(keys, signal, timeoutMs);
    if (Array.isArray(whole) && !(keys.length > 0 && whole.every(isFailed))) return whole;
    const until = performance.now() + mostMs;
    let calls = 0;
    // Both halves at any rate: one of them tells whether the function answers at all.
    const isEnough = () => calls >= 2 && (calls >= mostCalls || performance.now() > until);
    const ask = (some: readonly RecordKey[]) => {
      calls += 1;
      return load(some, signal, Math.min(timeoutMs, callMs));
    };
    const parts = async (some: readonly RecordKey[], failed: RowhookError): Promise<Answered> => {
      if (some.length === 1 || isEnough()) return some.map(() => unshownBy(failed, some.length === 1));
      const middle = Math.ceil(some.length / 2);
      const halves: Array<string | Unshown | undefined> = [];
      for (const half of [some.slice(0, middle), some.slice(middle)]) {
        const answer = await ask(half);
        const each = answer instanceof RowhookError ? await parts(half, answer) : answer;
        for (const one of each) halves.push(one);
      }
      return halves;
    };
    const error = whole instanceof RowhookError ? whole : sourceInvalid(resourceName, detailOf(whole[0]));
    const found = whole instanceof RowhookError ? await parts(keys, error) : whole;
    if (!found.every(isFailed)) return found;
    // It answers for none of these. For another one? If not, it is down; but for a single record nobody waits for ever.
    const other = health.another(keys);
    if (other && answers(await ask([other]))) return found;
    const isSuspect = keys.length === 1 && !other && health.isSuspect(keys[0]!);
    for (const key of keys) health.failed(key);
    if (isSuspect) return found;
    throw error;
  }

  /** An error where nothing of what was returned can be told from another. Rejects with the signal's reason. */
  async function load(
    keys: readonly RecordKey[],
    signal: AbortSignal,
    ms: number,
  ): Promise<Answered | RowhookError> {
    let payloads: unknown;
    try {
      payloads = await within((async () => source.load(keys))(), { timeoutMs: ms, signal });
    } catch (error) {
      signal.throwIfAborted();
      return sourceFailed(resourceName, `the function failed: ${reasonOf(error)}`, error);
    }
    if (!Array.isArray(payloads) || payloads.length !== keys.length) {
      const found = Array.isArray(payloads) ? `a list of ${payloads.length}` : `a ${typeof payloads}`;
      const expected = `a list of ${keys.length} payloads, in the order of the keys`;
      return sourceInvalid(resourceName, `the function returned ${found}, expected ${expected}`);
    }
    return Array.from(payloads, (payload: unknown, i) => {
      if (payload == null) return undefined;
      const text = jsonOf(payload);
      if (typeof text !== 'string') return text;
      health.answered(keys[i]!);
      return exclude(text);
    });
  }
}

const isFailed = (one: string | Unshown | undefined): boolean => typeof one === 'object';
const answers = (answered: Answered | RowhookError): boolean =>
  !(answered instanceof RowhookError) && !answered.some(isFailed);
const detailOf = (one: string | Unshown | undefined): string => (typeof one === 'object' ? one.detail : '');

/** Its message may have what the record holds: it stays out of what is kept. */
function unshownBy(error: RowhookError, proven: boolean): Unshown {
  if (error.code === 'source_invalid')
    return { reason: 'source_invalid', detail: 'the function returned no list of payloads', proven };
  const { name = 'Error', code } = (error.cause ?? {}) as { name?: unknown; code?: unknown };
  const detail = `the function failed: ${[name, code].filter((part) => typeof part === 'string').join(' ')}`;
  return { reason: 'source_failed', detail, proven };
}

/** The payload as JSON; why, where it is none. */
function jsonOf(payload: unknown): string | Unshown {
  const invalid = (found: string): Unshown => ({
    reason: 'source_invalid',
    detail: `the function's payload ${found}`,
    proven: true,
  });
  let text: string | undefined;
  try {
    text = JSON.stringify(payload);
  } catch (error) {
    // A bigint, a circle, or a toJSON that throws.
    return invalid(`cannot be written as JSON: ${error instanceof Error ? error.name : typeof error}`);
  }
  if (text === undefined) return invalid('is nothing that JSON has a form of');
  // A text would be written twice, and nothing could be excluded from it.
  const found = opaque(payload) ?? (/^[{[]/.test(text) ? undefined : kindOf(text));
  return found ? invalid(`is ${found}, expected an object or a list`) : text;
}

/** What a text of JSON is that is no object and no list. */
function kindOf(text: string): string {
  if (text.startsWith('"')) return 'a string in JSON';
  return text === 'null' ? 'null in JSON' : `a ${typeof JSON.parse(text)} in JSON`;
}

/** Objects of which JSON.stringify sees nothing, or not what they hold. */
function opaque(payload: unknown): string | undefined {
  if (typeof (payload as { toJSON?: unknown }).toJSON === 'function') return undefined;
  const isOpaque =
    types.isMap(payload) ||
    types.isSet(payload) ||
    types.isWeakMap(payload) ||
    types.isWeakSet(payload) ||
    types.isPromise(payload) ||
    types.isNativeError(payload) ||
    types.isRegExp(payload) ||
    types.isAnyArrayBuffer(payload) ||
    types.isArrayBufferView(payload);
  return isOpaque ? `a ${payload.constructor.name}` : undefined;
}
