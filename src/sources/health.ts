import type { RecordKey } from '../catalog/source.ts';

/** From then on a record fails by itself, though no other is known that does not. */
const suspiciousFailures = 5;
/** So many records are remembered at most. */
const mostFailing = 2_000;
const mostAnswered = 8;

export interface Health {
  /** The next failure of this record would be one too many in a row. */
  isSuspect(key: RecordKey): boolean;
  /** Another record than these, to see whether the application answers at all: one that it has answered for. */
  another(than: readonly RecordKey[]): RecordKey | undefined;
  answered(key: RecordKey): void;
  /** It answered that there is nothing to show. */
  forgive(key: RecordKey): void;
  failed(key: RecordKey): void;
}

/** For which records an application answers, and for which it fails again and again. Bounded: the longest forgotten go first. */
export function createHealth(): Health {
  const failing = new Map<string, number>();
  const answering = new Map<string, RecordKey>();
  return {
    isSuspect: (key) => (failing.get(idOf(key)) ?? 0) >= suspiciousFailures - 1,
    another(than) {
      const ids = new Set(than.map(idOf));
      const others = [...answering].flatMap(([id, key]) => (ids.has(id) ? [] : [key]));
      // Not always the same one: it may fail by itself by now.
      return others[Math.floor(Math.random() * others.length)];
    },
    forgive: (key) => void failing.delete(idOf(key)),
    answered(key) {
      failing.delete(idOf(key));
      keep(answering, idOf(key), key, mostAnswered);
    },
    failed(key) {
      keep(failing, idOf(key), (failing.get(idOf(key)) ?? 0) + 1, mostFailing);
    },
  };
}

const idOf = (key: RecordKey): string => JSON.stringify(Object.values(key));

function keep<Value>(map: Map<string, Value>, id: string, value: Value, most: number): void {
  map.delete(id);
  map.set(id, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
