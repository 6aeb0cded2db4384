import { expect } from 'chai';
import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Arena, type ArenaEvent, openArena } from './arena.ts';
import { type History, histories, type Write } from './history.ts';
import { play } from './play.ts';

const seed = Number(process.env.ROWHOOK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Of one of the properties: which one is chosen by --grep. */
const path = process.env.ROWHOOK_TEST_PATH;
const replay = { seed, ...(path === undefined ? {} : { path }) };

const write: Write = { do: 'insert', by: 0, table: 0, rows: [0, 1], to: 0, value: 3, alone: true };
/** Two records, each created and updated. */
const simple: History = {
  connections: 3,
  spare: 0,
  tables: [['plain']],
  steps: [write, { ...write, do: 'update', value: 5 }],
};

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
      { numRuns: 40, ...replay, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    );
  });

  it(`hold, in 300 of them, every event that a model says, once and in the order of each record (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(histories(50), (history) => play(arena, history)),
      {
        numRuns: 300,
        ...replay,
        interruptAfterTimeLimit: 240_000,
        markInterruptAsFailure: true,
      },
    );
  });

  it('would not hold with one event less, twice, in another order, with another body or to others', async () => {
    const isOf = ({ name }: ArenaEvent) => name !== 'marker_create';
    const faults: Record<string, (events: ArenaEvent[]) => ArenaEvent[]> = {
      lost: ([, ...rest]) => rest,
      twice: ([first, ...rest]) => [first!, first!, ...rest],
      reversed: (events) => events.reverse(),
      bare: ([first, ...rest]) => [{ ...first!, payload: null }, ...rest],
      strange: ([first, second, ...rest]) => [{ ...first!, payload: second!.payload }, second!, ...rest],
      nobody: ([first, ...rest]) => [{ ...first!, to: [] }, ...rest],
    };
    await play(arena, simple);
    for (const [name, fault] of Object.entries(faults)) {
      const broken: Arena = { ...arena, events: async () => fault((await arena.events()).filter(isOf)) };
      const said = await play(broken, simple).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      expect(said, name).to.match(/^plain \d+: /);
    }
  });
});
