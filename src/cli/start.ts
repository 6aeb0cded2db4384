import { type Command, InvalidArgumentError } from 'commander';
import { type Listen, parseListen } from '../config/listen.ts';
import { tellUrl, withAdmin } from './admin-page.ts';
import type { Act } from './context.ts';
import { forwardTo, forwardUrl } from './forward.ts';
import { keepHeapSmall } from './small-heap.ts';

/** The signals that ask a process to end. */
export interface Signals {
  /** Calls the listener at each; returns how to stop listening. */
  onStop(listener: (signal: string) => void): () => void;
}

interface StartOptions {
  readonly forwardTo?: string;
  readonly metrics?: Listen;
  /** False: --no-admin. True is what commander makes of neither. */
  readonly admin?: Listen | boolean;
  readonly printAdminUrl?: boolean;
}

export function startCommand(program: Command, act: Act, { signals }: { readonly signals: Signals }): void {
  program
    .command('start')
    .description(
      'Run relay, dispatcher and sweeper. SIGTERM or SIGINT: finish and stop; a second one: stop now.',
    )
    .option('--forward-to <url>', 'see to it that every event goes to this URL, wherever it is', forwardUrl)
    .option('--metrics <address>', 'serve /metrics and /health there, e.g. 127.0.0.1:9464', listenAddress)
    .option('--admin <address>', 'serve the admin page there (default: 127.0.0.1:8787)', listenAddress)
    .option('--no-admin', 'serve no admin page')
    .option(
      '--print-admin-url',
      'write its URL to stderr, with the token of this run, also where that is no terminal',
    )
    .action(
      act(async (context, { forwardTo: url, metrics, admin, printAdminUrl }: StartOptions) => {
        keepHeapSmall();
        const configured = await context.config();
        const forwarded = url === undefined ? configured : await forwardTo(context, configured, url);
        const signing = withAdmin(metrics === undefined ? forwarded : { ...forwarded, metrics }, admin);
        const { config } = signing;
        const { pino } = await import('pino');
        const { createDaemon } = await import('../daemon.ts');
        // Lines that come while others are being written go out together: one by one they cost as much as the requests they tell of.
        const log = pino(
          { level: config.logLevel, timestamp: pino.stdTimeFunctions.isoTime },
          pino.destination({ dest: 1, sync: false }),
        );
        const daemon = createDaemon({ config, log });
        let stopping: Promise<void> | undefined;
        let stopped: () => void;
        const untilStopped = new Promise<void>((resolve) => {
          stopped = resolve;
        });
        const unlisten = signals.onStop((signal) => {
          const how = stopping ? 'abort' : 'drain';
          log.info({ signal, how }, how === 'drain' ? 'stopping' : 'stopping now');
          stopping = daemon.stop(how).then(stopped);
        });
        try {
          await daemon.start();
          tellUrl(context, daemon.adminUrl(), signing.made, printAdminUrl === true);
          await untilStopped;
        } finally {
          await daemon.stop();
          unlisten();
        }
      }),
    );
}

function listenAddress(text: string): Listen {
  const listen = parseListen(text);
  if (listen) return listen;
  throw new InvalidArgumentError('Expected an address and a port, like 127.0.0.1:9464, or a port.');
}
