import { types } from 'node:util';
import type { FunctionSource, RecordKey } from '../catalog/source.ts';
import { reasonOf, sourceFailed, sourceInvalid } from './failure.ts';
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

/**
 * Payloads by a function of the application, asked for all keys at once.
 *
 * `fetch` rejects with RowhookError `source_failed` where the function throws, rejects, or takes longer than it may;
 * `source_invalid` where it returns anything but a value for each key that becomes an object or a list in JSON. Either concerns all
 * keys: which of them it is, the function alone can tell.
 */
export function functionSource({ resourceName, source, exclude, timeoutMs }: FunctionSourceOptions) {
  return {
    async fetch(
      keys: readonly RecordKey[],
      signal: AbortSignal,
      room: Room,
    ): Promise<Array<string | undefined>> {
      const payloads: unknown = await within((async () => source.load(keys))(), { timeoutMs, signal }).catch(
        (error: unknown) => {
          signal.throwIfAborted();
          throw sourceFailed(resourceName, `the function failed: ${reasonOf(error)}`, error);
        },
      );
      if (!Array.isArray(payloads) || payloads.length !== keys.length) {
        const found = Array.isArray(payloads) ? `a list of ${payloads.length}` : `a ${typeof payloads}`;
        const expected = `a list of ${keys.length} payloads, in the order of the keys`;
        throw sourceInvalid(resourceName, `the function returned ${found}, expected ${expected}`);
      }
      return Array.from(payloads, (payload: unknown, i) => {
        if (payload == null) return undefined;
        const text = exclude(jsonOf(payload, keys[i]!));
        return room.takes(i, text.length) ? text : undefined;
      });
    },
  };

  function jsonOf(payload: unknown, key: RecordKey): string {
    const of = `the function's payload of ${JSON.stringify(key)}`;
    let text: string | undefined;
    try {
      text = JSON.stringify(payload);
    } catch (error) {
      // A bigint, a circle, or a toJSON that throws.
      throw sourceInvalid(resourceName, `${of} cannot be written as JSON: ${reasonOf(error)}`, error);
    }
    if (text === undefined) throw sourceInvalid(resourceName, `${of} is nothing that JSON has a form of`);
    // A text would be written twice, and nothing could be excluded from it.
    const found = opaque(payload) ?? (/^[{[]/.test(text) ? undefined : kindOf(text));
    if (found) throw sourceInvalid(resourceName, `${of} is ${found}, expected an object or a list`);
    return text;
  }
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
