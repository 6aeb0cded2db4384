import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientConfig } from 'pg';
import pgListen from 'pg-listen';
import { createLifetime, type Lifetime } from '../lifetime.ts';
import type { Log } from '../store/log.ts';

/** `rowhook`: a change was committed while the relay slept. `rowhook_delivery`: deliveries are due. */
export type Channel = 'rowhook' | 'rowhook_delivery';

export interface Bell extends Lifetime {
  /**
   * Calls the listener after each ring, and once whenever listening begins anew: rings may have been missed.
   * @param listener is told what was rung with; of a new beginning an empty text
   */
  on(channel: Channel, listener: (by: string) => void): void;
}

export interface BellOptions {
  readonly connection: ClientConfig;
  readonly log: Log;
  /** A connection that nobody closed may be dead all the same: so often it is asked, in ms. Default: 10,000. */
  readonly askMs?: number;
  /** It is given up when it has not answered for so long, in ms. Default: 5,000. */
  readonly answerMs?: number;
}

const channels: readonly Channel[] = ['rowhook', 'rowhook_delivery'];
const retryMs = 1_000;
const defaultAskMs = 10_000;
const defaultAnswerMs = 5_000;
const goodbyeMs = 1_000;

/**
 * Listens for NOTIFY on a connection of its own. A hint only: whoever listens also polls, so a lost ring costs one poll interval.
 * A start does not wait for the connection, and a lost connection is made again for as long as the bell runs.
 */
export function createBell(options: BellOptions): Bell {
  const { log, askMs = defaultAskMs, answerMs = defaultAnswerMs } = options;
  const listeners = new Map<Channel, Array<(by: string) => void>>(channels.map((channel) => [channel, []]));
  const ring = (channel: Channel, by: string) => {
    for (const listener of listeners.get(channel) ?? []) listener(by);
  };
  let stopping = false;
  let wakeRetry = () => {};
  let running: Promise<void> = Promise.resolve();

  // pg-listen mends a connection that breaks, but gives up after `retryTimeout`, and does not try a first one again. A new
  // subscriber for each connection leaves only one way for all of it.
  async function listenForever(): Promise<void> {
    while (!stopping) {
      await listenOnce().catch((error: unknown) => log.warn({ err: error }, 'the bell is not connected'));
      if (stopping) return;
      await new Promise<void>((resolve) => {
        wakeRetry = resolve;
        setTimeout(resolve, retryMs).unref();
      });
    }
  }

  async function listenOnce(): Promise<void> {
    const subscriber = pgListen.default(
      { ...options.connection, query_timeout: answerMs, connectionTimeoutMillis: answerMs },
      { retryLimit: 1, paranoidChecking: askMs, parse: (text) => text },
    );
    const lost = new Promise<void>((resolve) => {
      subscriber.events.on('error', (error) => {
        log.warn({ err: error }, 'the bell lost its connection');
        resolve();
      });
      wakeRetry = resolve;
    });
    for (const channel of channels) {
      // pg-listen hands nothing on where the text is empty.
      subscriber.notifications.on(channel, (by?: string) => ring(channel, by ?? ''));
    }
    try {
      // A connection that breaks while it is being made settles nothing: only `lost` tells.
      if (!stopping) await Promise.race([listen(subscriber).then(() => lost), lost]);
    } finally {
      // A dead connection may never say goodbye.
      await Promise.race([subscriber.close().catch(() => {}), sleep(goodbyeMs, undefined, { ref: false })]);
    }
  }

  async function listen(subscriber: ReturnType<typeof pgListen.default>): Promise<void> {
    await subscriber.connect();
    for (const channel of channels) await subscriber.listenTo(channel);
    for (const channel of channels) ring(channel, '');
  }

  const lifetime = createLifetime({
    start() {
      running = listenForever();
      return Promise.resolve();
    },
    async drain() {
      stopping = true;
      wakeRetry();
      await running;
    },
    abort() {},
  });
  return {
    ...lifetime,
    on(channel, listener) {
      listeners.get(channel)?.push(listener);
    },
  };
}
