import { Command } from 'commander';
import { type Act, type Context, createContext, type Surroundings } from './context.ts';
import type { Signals } from './start.ts';

export interface ProgramOptions extends Surroundings {
  readonly version: string;
  readonly signals: Signals;
  /** Wrong usage is left to whoever catches the error, as text has no place in JSON. */
  readonly json: boolean;
}

/** Puts the commands of a file into the program. */
type Add = (program: Command, act: Act, options: ProgramOptions) => void;

/**
 * The commands with the files that make them, in the order of the help. A file is loaded when one of its commands is named: to load
 * all of them takes longer than most commands do.
 */
const files: ReadonlyArray<readonly [commands: readonly string[], load: () => Promise<Add>]> = [
  [['start'], async () => (await import('./start.ts')).startCommand],
  [['init'], async () => (await import('./init.ts')).initCommand],
  [['check'], async () => (await import('./check.ts')).checkCommand],
  [['migration'], async () => (await import('./migration.ts')).migrationCommand],
  [['install', 'uninstall'], async () => (await import('./install.ts')).installCommands],
  [['endpoints'], async () => (await import('./endpoints.ts')).endpointCommands],
  [['secrets'], async () => (await import('./secrets.ts')).secretsCommands],
  [['admin'], async () => (await import('./admin-page.ts')).adminCommands],
  [['deliveries'], async () => (await import('./deliveries.ts')).deliveryCommands],
  [['explain'], async () => (await import('./explain.ts')).explainCommand],
  [['gaps'], async () => (await import('./gaps.ts')).gapCommands],
  [['set-aside'], async () => (await import('./set-aside.ts')).setAsideCommands],
  [['events', 'status'], async () => (await import('./show.ts')).showCommands],
];

/**
 * The command line, as far as these arguments may need it. Parsing them throws instead of ending the process: CommanderError for
 * wrong usage (its message is written by then) and for help, RowhookError and others from the commands.
 */
export async function createProgram(args: readonly string[], options: ProgramOptions): Promise<Command> {
  const act: Act =
    <Given extends unknown[]>(work: (context: Context, ...given: Given) => Promise<void>) =>
    (...given: [...Given, Command]) => {
      const command = given.at(-1) as Command;
      return work(createContext(command, options), ...(given.slice(0, -1) as Given));
    };
  const program = new Command('rowhook')
    .description('Turns committed row changes of a Postgres database into signed webhooks.')
    .version(options.version)
    .option('--config <path>', 'config file (default: rowhook.config.ts, .mts, .js, .mjs or .json here)')
    .option('--database <url>', 'database (default: as the config says, ROWHOOK_DATABASE_URL, DATABASE_URL)')
    .option('--json', 'answer in JSON, errors too')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: options.write,
      writeErr: options.json ? () => {} : options.writeError,
    })
    .showHelpAfterError('  → Run it with --help for what there is.')
    .exitOverride();
  for (const add of await Promise.all(needed(args).map(([, load]) => load()))) add(program, act, options);
  return program;
}

/** A name may also be the value of an option: then a file too much is loaded. Whoever names none, or asks for help before, sees them all. */
function needed(args: readonly string[]): typeof files {
  const isCommand = (arg: string): boolean => files.some(([commands]) => commands.includes(arg));
  const first = args.find((arg) => !arg.startsWith('-'));
  const before = args.slice(0, Math.max(0, args.findIndex(isCommand)));
  const asksForAll = args.includes('help') || before.includes('--help') || before.includes('-h');
  if (asksForAll || first === undefined || !isCommand(first)) return files;
  return files.filter(([commands]) => commands.some((name) => args.includes(name)));
}
