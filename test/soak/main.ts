import { Command, InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import { startPostgres } from '../../tools/postgres.ts';
import { type Arena, openArena } from '../property/arena.ts';
import { type History, histories } from '../property/history.ts';
import { play } from '../property/play.ts';
import { steerDaemon } from './daemon-relay.ts';

/** What a round tries; rounds of each kind follow each other. */
const kinds = ['relay', 'pieces', 'daemon'] as const;
type Kind = (typeof kinds)[number];

const longest = 120;
const historiesOfRound = 50;
const progressMs = 60_000;

const number = (text: string): number => {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('Expected a number.');
};
const program = new Command('test:soak')
  .description('Plays random histories against the relay until the time is over, or one of them fails.')
  .option('--minutes <number>', 'how long', number, 10)
  .option('--seed <number>', 'of the first round', number)
  .option('--kind <kind>', `of the rounds: ${kinds.join(', ')} (default: each in turn)`)
  .option('--path <path>', 'of one failing history, as it was printed')
  .parse();
const options = program.opts<{ minutes: number; seed?: number; kind?: Kind; path?: string }>();
if (options.kind && !kinds.includes(options.kind)) program.error(`there is no kind ${options.kind}`);

const until = performance.now() + options.minutes * 60_000;
const firstSeed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
const counts = { histories: 0, steps: 0, kills: 0, restarts: 0 };
const server = await startPostgres({ inMemory: true, settings: { max_wal_size: '1GB' } });
console.log(`soak: ${options.minutes} minutes on Postgres ${server.version}, seed ${firstSeed}`);
const startedAt = performance.now();
const progress = setInterval(() => {
  const minutes = Math.round((performance.now() - startedAt) / 60_000);
  console.log(
    `${minutes} min: ${counts.histories} histories of ${counts.steps} steps, ${counts.kills} kills, ${counts.restarts} restarts of Postgres`,
  );
}, progressMs);

let failed = false;
try {
  for (let round = 0; !failed && performance.now() < until; round++) {
    failed = await fails(options.kind ?? kinds[round % kinds.length]!, firstSeed + round, round);
    if (options.path !== undefined) break;
  }
} finally {
  clearInterval(progress);
  await server.close();
}
console.log(
  `${failed ? 'FAILED' : 'all hold'}: ${counts.histories} histories of ${counts.steps} steps, ${counts.kills} kills, ${counts.restarts} restarts of Postgres`,
);
process.exitCode = failed ? 1 : 0;

/** A round in a database of its own; prints the history that fails, as small as it could be made. */
async function fails(kind: Kind, seed: number, round: number): Promise<boolean> {
  const name = `soak_${round}`;
  await server.createDatabase(name);
  const arena = await openArena(server.url(name), {
    patienceMs: 60_000,
    ...(kind === 'daemon' ? { steer: steerDaemon } : {}),
    async restart() {
      counts.restarts += 1;
      await server.stop('immediate');
      await server.start();
    },
  });
  try {
    const property = fc.asyncProperty(
      fc.tuple(histories(longest, { crashes: true }), fc.integer({ min: 1, max: 12 })),
      ([history, pageSize]) => playOne(arena, history, kind, pageSize),
    );
    const details = await fc.check(property, {
      seed,
      numRuns: historiesOfRound,
      interruptAfterTimeLimit: Math.max(1, until - performance.now()),
      ...(options.path === undefined ? {} : { path: options.path, interruptAfterTimeLimit: 600_000 }),
    });
    // The time may be over before the first of them is.
    if (!details.failed || details.counterexample === null) return false;
    console.log(fc.defaultReportMessage(details));
    console.log(details.errorInstance instanceof Error ? details.errorInstance.message : '');
    console.log(
      `once more: npm run test:soak -- --kind ${kind} --seed ${seed} --path ${details.counterexamplePath}`,
    );
    return true;
  } finally {
    await arena.end();
  }
}

async function playOne(arena: Arena, history: History, kind: Kind, pageSize: number): Promise<void> {
  counts.histories += 1;
  counts.steps += history.steps.length;
  counts.kills += history.steps.filter((step) => step.do === 'kill').length;
  await play(arena, history, kind === 'pieces' ? { inPieces: true, pageSize } : { inPieces: false });
}
