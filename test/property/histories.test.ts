import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Arena, openArena } from './arena.ts';
import { histories } from './history.ts';
import { play } from './play.ts';

const seed = Number(process.env.ROWHOOK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const path = process.env.ROWHOOK_TEST_PATH;

describe('histories of what SQL can do', function () {
  this.timeout(300_000);
  let db: TestDatabase;
  let arena: Arena;
  before(async () => {
    db = await createTestDatabase();
    arena = await openArena(db.url);
  });
  after(async () => {
    await arena.end();
    await db.drop();
  });

  it(`hold, in 40 of them whose transactions fill many pages, every change once and in order (seed ${seed})`, async () => {
    const pages = fc.tuple(histories(50), fc.integer({ min: 1, max: 8 }));
    await fc.assert(
      fc.asyncProperty(pages, ([history, pageSize]) => play(arena, history, { inPieces: true, pageSize })),
      { numRuns: 40, seed, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    );
  });

  it(`hold, in 300 of them, every event that a model says, once and in the order of each record (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(histories(50), (history) => play(arena, history)),
      {
        numRuns: 300,
        seed,
        ...(path === undefined ? {} : { path }),
        interruptAfterTimeLimit: 240_000,
        markInterruptAsFailure: true,
      },
    );
  });
});
