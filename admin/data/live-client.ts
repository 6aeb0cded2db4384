import { signal } from '@preact/signals';
import type { BulkJobView } from '../../src/admin/shapes/bulk.ts';
import type { DeliveryView } from '../../src/admin/shapes/delivery.ts';
import type { QueueView } from '../../src/admin/shapes/overview.ts';
import { type LiveStream, openStream, type StreamParts } from './live-stream.ts';

/** What the server tells while it happens, by topic. */
export interface LiveData {
  /** Deliveries that are new, or had an attempt. */
  deliveries: { endpointId: string; deliveries: DeliveryView[] };
  /** Endpoints whose row changed. */
  endpoints: { ids: string[] };
  queue: QueueView;
  bulk: BulkJobView;
}
export type LiveTopic = keyof LiveData;

/** `off`: nobody listens; `paused`: the stream broke and is tried again by and by. */
export type LiveState = 'off' | 'connecting' | 'open' | 'paused';

interface Listener {
  topic: LiveTopic;
  endpointId: string | null;
  hear: (data: never) => void;
}

export type Live = ReturnType<typeof createLive>;

/**
 * The live views' streams: one for everything, and one more for each endpoint that is looked at. A stream is opened for its first
 * listener and closed after its last. Browsers allow six connections to a server: more than two or three at a time are not needed.
 */
export function createLive(parts: Omit<StreamParts, 'path' | 'heard' | 'state'>) {
  const listeners = new Set<Listener>();
  const streams = new Map<string, { topics: string; stream: LiveStream; state: LiveState }>();
  const gaps = new Set<() => void>();
  const state = signal<LiveState>('off');
  let asleep = false;
  let planned = false;

  /** Listeners come and go together when a page is left for another one: the streams are looked at once after that. */
  function plan(): void {
    if (planned) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      settle();
    });
  }

  function settle(): void {
    const wanted = new Map<string, Set<LiveTopic>>();
    for (const { topic, endpointId } of asleep ? [] : listeners) {
      const key = endpointId ?? '';
      wanted.set(key, (wanted.get(key) ?? new Set()).add(topic));
    }
    for (const [key, { stream, topics }] of [...streams]) {
      if (topics === textOf(wanted.get(key))) continue;
      stream.close();
      streams.delete(key);
    }
    for (const [key, topics] of wanted) {
      if (!streams.has(key)) streams.set(key, start(key, textOf(topics)));
    }
    tell();
  }

  function start(key: string, topics: string) {
    const query = new URLSearchParams(key === '' ? { topics } : { endpoint: key, topics });
    const entry: { topics: string; stream: LiveStream; state: LiveState } = {
      topics,
      state: 'connecting',
      stream: openStream({
        ...parts,
        path: `/live?${query}`,
        heard: ({ event, data }) => hear(key, event, data),
        state: (now, again) => {
          entry.state = now;
          tell();
          if (now === 'open' && again) for (const gap of [...gaps]) gap();
        },
      }),
    };
    return entry;
  }

  function hear(key: string, topic: string, data: string): void {
    const value = JSON.parse(data) as never;
    for (const listener of [...listeners]) {
      if (listener.topic === topic && (listener.endpointId ?? '') === key) listener.hear(value);
    }
  }

  function tell(): void {
    const states = [...streams.values()].map((entry) => entry.state);
    state.value = (['paused', 'connecting', 'open'] as const).find((name) => states.includes(name)) ?? 'off';
  }

  return {
    /** How the streams are, all in all. */
    state,
    /** Hears of a topic, of one endpoint or (null) of all. Returns what ends it. */
    on<T extends LiveTopic>(
      topic: T,
      endpointId: string | null,
      hear: (data: LiveData[T]) => void,
    ): () => void {
      const listener: Listener = { topic, endpointId, hear };
      listeners.add(listener);
      plan();
      return () => {
        listeners.delete(listener);
        plan();
      };
    },
    /** Called when a stream is there again after a break: what happened in between was missed, so load anew. */
    onGap(run: () => void): () => void {
      gaps.add(run);
      return () => {
        gaps.delete(run);
      };
    },
    /** Closes all streams while nobody looks, and opens them again; then the gap is announced. */
    sleep(on: boolean): void {
      if (asleep === on) return;
      asleep = on;
      settle();
      if (!on && listeners.size > 0) for (const gap of [...gaps]) gap();
    },
    /** Tries a broken stream again at once. */
    retry(): void {
      for (const { stream } of streams.values()) stream.retry();
    },
  };
}

function textOf(topics: ReadonlySet<LiveTopic> | undefined): string {
  return topics ? [...topics].sort().join(',') : '';
}
