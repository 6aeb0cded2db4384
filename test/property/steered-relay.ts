import type pg from 'pg';
import { type Logger, pino } from 'pino';
import type { Catalog } from '../../src/catalog/types.ts';
import { type Bell, createBell } from '../../src/relay/bell.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';
import { waitUntil } from '../support/wait.ts';
import { Gate, GatedSocket } from './gated-socket.ts';
import type { Death } from './history.ts';

/** A relay that goes as far as it is told, and dies where it is told. */
export interface SteeredRelay {
  /** Row changes on a page. */
  pageSize: number;
  free(): void;
  /** Holds it at the end of its transaction. */
  hold(): Promise<void>;
  /** Lets so many more statements through, and waits for their answers. */
  advance(statements: number): Promise<void>;
  /** @param again the same relay connects anew; else another one takes over */
  kill(how: Death, again: boolean): Promise<void>;
  /** Lets it end its page, where it is in one. */
  endPage(): Promise<void>;
  /** Whether it is held within a transaction. */
  readonly isWithinPage: boolean;
  /** Another one in its place, free. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function steerRelay(url: string, catalog: Catalog, admin: pg.Pool): Promise<SteeredRelay> {
  const log: Logger = pino({ level: process.env.ROWHOOK_TEST_LOG ?? 'silent' });
  const bell: Bell = createBell({ connection: { connectionString: url }, log });
  await bell.start();
  const gate = new Gate();
  let pageSize = 1_000;
  let relay: Relay;
  const start = async () => {
    relay = createRelay({
      connection: { connectionString: url, stream: () => new GatedSocket(gate) } as pg.ClientConfig,
      catalog,
      log,
      bell,
      onDeliveries: () => {},
      // It would be asleep for most of the time between the statements that it is let do.
      drowsyMs: Number.POSITIVE_INFINITY,
      pace: { givesWay: false, batch: () => pageSize, restMs: () => 0 },
    });
    await relay.start();
  };
  const isGone = async (backend: number | undefined) => {
    const { rowCount } = await admin.query('select from pg_stat_activity where pid = $1', [backend ?? 0]);
    return rowCount === 0;
  };
  /** Its next connection passes the gate as this one did. */
  async function kill(how: Death, again: boolean): Promise<void> {
    const { socket, permits } = gate;
    const backend = socket?.backend;
    if (how === 'terminate') await admin.query('select pg_terminate_backend($1)', [backend ?? 0]);
    else if (how === 'abort') void relay.stop('abort');
    else if (how === 'sent') {
      gate.severed = true;
      gate.allow(1);
      await waitUntil(() => socket === undefined || socket.destroyed, {
        what: 'the last statement to be sent',
      });
      gate.severed = false;
      gate.permits = permits;
    }
    socket?.destroy();
    await waitUntil(() => isGone(backend), { what: 'the session of the relay to end' });
    if (!again || how === 'abort') {
      await relay.stop('abort');
      await start();
    }
    await waitUntil(() => gate.socket !== socket && gate.socket?.backend !== undefined, {
      what: 'the relay to connect again',
    });
  }
  await start();

  return {
    get pageSize() {
      return pageSize;
    },
    set pageSize(size) {
      pageSize = size;
    },
    get isWithinPage() {
      return gate.socket?.inTransaction ?? false;
    },
    free: () => gate.open(),
    async hold() {
      if (!Number.isFinite(gate.permits)) gate.closing = true;
      await waitUntil(() => !gate.closing, { what: 'the relay to end its page' });
    },
    async advance(statements) {
      if (!Number.isFinite(gate.permits)) return;
      gate.allow(statements);
      await waitUntil(() => gate.permits <= 0 && !gate.socket?.awaits, {
        what: `the ${relay.standing()} relay to send ${statements} statements`,
      });
    },
    async endPage() {
      if (Number.isFinite(gate.permits) && gate.socket?.inTransaction) {
        gate.closing = true;
        gate.allow(Number.POSITIVE_INFINITY);
        await waitUntil(() => !gate.closing, { what: 'the relay to end its page' });
      }
    },
    kill,
    async restart() {
      gate.severed = false;
      gate.open();
      await relay.stop('abort');
      await start();
    },
    async stop() {
      gate.open();
      await relay.stop();
      await bell.stop();
    },
  };
}
