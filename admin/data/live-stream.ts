import { eventReader, type ServerEvent } from './sse.ts';

export interface StreamParts {
  /** Where the page is mounted: '' or '/admin'. */
  base: string;
  path: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Calls back after so many milliseconds; returns what prevents it. */
  after: (ms: number, run: () => void) => () => void;
  /** From 0 to 1. */
  random: () => number;
  heard: (event: ServerEvent) => void;
  /** `again`: it was open before, so something may have been missed. */
  state: (state: 'connecting' | 'open' | 'paused', again: boolean) => void;
  /** The server does not know the session any more: nothing is tried again. */
  signedOut: () => void;
}

export interface LiveStream {
  close(): void;
  /** Tries at once, if it waits. */
  retry(): void;
}

/** The server sends a comment each 15 s: a stream that is silent for longer than this is dead. */
const silenceMs = 40_000;

/**
 * A stream of server-sent events that comes back by itself: after 1 s, then twice as long each time up to 30 s, with a random part, so that
 * many pages do not come back at the same moment. Read by fetch, since EventSource cannot tell a 401 from a lost network.
 */
export function openStream(parts: StreamParts): LiveStream {
  let closed = false;
  let failures = 0;
  let wasOpen = false;
  let stop = new AbortController();
  let wake: (() => void) | undefined;

  async function run(): Promise<void> {
    while (!closed) {
      if (failures === 0) parts.state('connecting', wasOpen);
      stop = new AbortController();
      const end = await read(stop).catch(() => 'broken' as const);
      if (closed) return;
      if (end === 'signed-out') return parts.signedOut();
      failures += 1;
      parts.state('paused', wasOpen);
      await pause(pauseMs(failures, parts.random()));
    }
  }

  async function read(stop: AbortController): Promise<'broken' | 'signed-out'> {
    const response = await parts.fetch(`${parts.base}/api/v1${parts.path}`, {
      headers: { accept: 'text/event-stream', 'x-rowhook': '1' },
      credentials: 'same-origin',
      signal: stop.signal,
    });
    if (response.status === 401) return 'signed-out';
    if (!response.ok || response.body === null) return 'broken';
    failures = 0;
    parts.state('open', wasOpen);
    wasOpen = true;
    const reader = response.body.getReader();
    const text = new TextDecoder();
    const events = eventReader();
    let quiet = () => {};
    const listen = () => {
      quiet();
      quiet = parts.after(silenceMs, () => stop.abort());
    };
    try {
      for (;;) {
        listen();
        const { done, value } = await reader.read();
        if (done) return 'broken';
        for (const event of events(text.decode(value, { stream: true }))) if (!closed) parts.heard(event);
      }
    } finally {
      quiet();
      stop.abort();
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = parts.after(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }

  // Not before the caller has what is returned here: it is told of states at once.
  queueMicrotask(() => void run());
  return {
    close() {
      closed = true;
      stop.abort();
      wake?.();
    },
    retry() {
      wake?.();
    },
  };
}

/** How long to wait before the next try. */
export function pauseMs(failures: number, random: number): number {
  return Math.round(Math.min(30_000, 1_000 * 2 ** (failures - 1)) * (0.5 + random / 2));
}
