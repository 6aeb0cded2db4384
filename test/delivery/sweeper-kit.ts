import { pino } from 'pino';
import { createSweeper, type SweeperParts } from '../../src/delivery/sweeper.ts';
import type { Lifetime } from '../../src/lifetime.ts';
import { fullSpeed, type Pace } from '../../src/pace.ts';
import type { TestDatabase } from '../support/database.ts';
import { type LogLine, queueDatabase } from './queue.ts';

/** As ms between rounds: the duty does not come round. */
export const never = 2 ** 31 - 1;

export interface SweeperKit {
  readonly db: TestDatabase;
  /** What all of them logged. */
  readonly lines: LogLine[];
  sweeperOf(options?: SweeperParts['options'], wake?: () => void, pace?: Pace): Lifetime;
  /** Lets one start, which looks after the partitions, and stop. */
  sweep(options?: SweeperParts['options']): Promise<void>;
}

/** A database for each test of a suite, and sweepers on it. */
export function sweeperKit(): SweeperKit {
  const running: Lifetime[] = [];
  let db: TestDatabase;
  let lines: LogLine[];
  const kit: SweeperKit = {
    get db() {
      return db;
    },
    get lines() {
      return lines;
    },
    sweeperOf(options = {}, wake = () => {}, pace = fullSpeed) {
      const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
      const made = createSweeper({
        pool: db.pool,
        log,
        wake,
        pace,
        options: { every: { retries: never, bulk: never, slots: never, behind: never }, ...options },
      });
      running.push(made);
      return made;
    },
    async sweep(options) {
      const sweeper = kit.sweeperOf(options);
      await sweeper.start();
      await sweeper.stop();
    },
  };
  beforeEach(async () => {
    db = await queueDatabase();
    lines = [];
  });
  afterEach(async () => {
    for (const sweeper of running.splice(0)) await sweeper.stop('abort');
  });
  return kit;
}
