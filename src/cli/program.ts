import { Command } from 'commander';
import { adminCommands } from './admin-page.ts';
import { checkCommand } from './check.ts';
import { type Act, type Context, createContext, type Surroundings } from './context.ts';
import { deliveryCommands } from './deliveries.ts';
import { endpointCommands } from './endpoints.ts';
import { explainCommand } from './explain.ts';
import { gapCommands } from './gaps.ts';
import { initCommand } from './init.ts';
import { installCommands } from './install.ts';
import { migrationCommand } from './migration.ts';
import { secretsCommands } from './secrets.ts';
import { setAsideCommands } from './set-aside.ts';
import { showCommands } from './show.ts';
import { type Signals, startCommand } from './start.ts';

/**
 * The command line. Throws instead of ending the process: CommanderError for wrong usage (its message is written by then) and
 * for help, RowhookError and others from the commands.
 */
export function createProgram(
  options: Surroundings & {
    readonly version: string;
    readonly signals: Signals;
    /** Wrong usage is left to whoever catches the error, as text has no place in JSON. */
    readonly json: boolean;
  },
): Command {
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
  startCommand(program, act, options.signals);
  initCommand(program, act, options.version);
  checkCommand(program, act);
  migrationCommand(program, act, options.version);
  installCommands(program, act);
  endpointCommands(program, act);
  secretsCommands(program, act);
  adminCommands(program, act);
  deliveryCommands(program, act);
  explainCommand(program, act);
  gapCommands(program, act);
  setAsideCommands(program, act);
  showCommands(program, act);
  return program;
}
