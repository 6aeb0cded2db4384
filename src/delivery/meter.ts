import type { Session } from './queue/session.ts';

/** Counts the time that sessions wait for the database. */
export interface Meter {
  metered(session: Session): Session;
  /** Milliseconds since it was last asked. */
  take(): number;
}

export function createMeter(): Meter {
  let spentMs = 0;
  return {
    metered: (session) => ({
      async query<Row extends object>(...query: Parameters<Session['query']>) {
        const startedAt = performance.now();
        try {
          return await session.query<Row>(...query);
        } finally {
          spentMs += performance.now() - startedAt;
        }
      },
      close: () => session.close(),
    }),
    take() {
      const taken = spentMs;
      spentMs = 0;
      return taken;
    },
  };
}
