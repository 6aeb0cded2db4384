import type { FunctionSource, RecordKey } from '../catalog/source.ts';
import { reasonOf, sourceFailed, sourceInvalid } from './failure.ts';
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
 * `source_invalid` where it returns anything but a value for each key that JSON can be made of.
 */
export function functionSource({ resourceName, source, exclude, timeoutMs }: FunctionSourceOptions) {
  return {
    async fetch(keys: readonly RecordKey[], signal: AbortSignal): Promise<Array<string | undefined>> {
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
      return Array.from(payloads, (payload: unknown, i) =>
        payload == null ? undefined : exclude(jsonOf(payload, keys[i]!)),
      );
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
    return text;
  }
}
