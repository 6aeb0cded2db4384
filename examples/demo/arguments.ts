import { parseArgs } from 'node:util';

/** What the demo was asked to do. */
export interface Wishes {
  readonly system: SystemName;
  /** Raise every event once and more, compare, and end; else a live stream until it is stopped. */
  readonly once: boolean;
  readonly json: boolean;
  /** Leave Postgres, or the given database's contents, as they are in the end. */
  readonly keep: boolean;
  /** An existing database, instead of a Postgres of our own. */
  readonly databaseUrl: string | undefined;
  /** Ends the live stream after so long. */
  readonly durationMs: number | undefined;
}

export type Parsed = { readonly wishes: Wishes } | { readonly help: string } | { readonly mistake: string };

const systems = ['site-stacker', 'amplo'] as const;
export type SystemName = (typeof systems)[number];
const longestSeconds = 24 * 60 * 60;

const help = `Usage: npm run demo -- [options]

Runs an application on a Postgres of its own, with rowhook beside it and a receiver for its webhooks, and
shows committed changes arrive, until Ctrl-C. Some deliveries are failed on purpose, to show how they are retried.

Options:
  --once          raise every event and compare each body with the application's own API; exit 0 if all is right
  --json          with --once: print one JSON object on stdout, and nothing else there
  --keep          leave Postgres up in the end, and print its URL
  --duration S    end the live stream after S seconds
  --database URL  use this empty database, instead of starting Postgres; it is emptied again in the end
  --system NAME   which system to show: ${systems.join(', ')} (default: ${systems[0]})
  --help          print this

Exit codes: 0 all is right, 1 something is not, 2 wrong usage, 128 + n ended by signal n before --once was done.
`;

/** Reads the command line. Never throws: a mistake of the user comes back as a sentence. */
export function parseArguments(args: readonly string[]): Parsed {
  let values: ReturnType<typeof read>;
  try {
    values = read(args);
  } catch (error) {
    // Node's messages have the advice for programs that take file names after the first sentence.
    return { mistake: (error as Error).message.split('. ')[0]! };
  }
  const { once = false, json = false, keep = false, database, duration } = values;
  if (values.help) return { help };
  const system = systems.find((name) => name === (values.system ?? systems[0]));
  if (!system) {
    return { mistake: `--system: there is no system '${values.system}'; there is ${systems.join(', ')}` };
  }
  if (json && !once) return { mistake: '--json goes with --once only' };
  if (once && duration !== undefined) return { mistake: '--duration does not go with --once' };
  const seconds = duration === undefined ? undefined : Number(duration);
  if (seconds !== undefined && !(seconds > 0 && seconds <= longestSeconds)) {
    return { mistake: `--duration: expected seconds, up to ${longestSeconds}, found '${duration}'` };
  }
  if (database !== undefined && !(/^postgres(ql)?:\/\//.test(database) && URL.canParse(database))) {
    // Not repeated: it may hold a password.
    return { mistake: '--database: expected a URL like postgres://user:password@host:5432/name' };
  }
  const durationMs = seconds === undefined ? undefined : seconds * 1000;
  return { wishes: { system, once, json, keep, databaseUrl: database, durationMs } };
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean' },
      json: { type: 'boolean' },
      keep: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      duration: { type: 'string' },
      database: { type: 'string' },
      system: { type: 'string' },
    },
  }).values;
}
