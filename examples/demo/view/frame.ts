import type { Colors } from 'picocolors/types.js';
import { durationText } from '../latency.ts';
import type { Stage } from '../stage.ts';
import type { Totals } from '../totals.ts';
import { clip, clockText, spanText } from './text.ts';

/** What runs, and what to try. The commands are never clipped: they are there to be copied. */
export function headerLines(stage: Stage, width: number, c: Colors): string[] {
  const {
    system,
    apiUrl,
    adminUrl,
    receiverUrl,
    databaseDescription,
    databaseUrl,
    databaseIsOurs,
    daemonPid,
  } = stage;
  const line = (text: string) => clip(text, width);
  return [
    c.bold(line(`rowhook demo: ${system.title}, and a receiver of its webhooks`)),
    line(`  ${databaseDescription}`),
    line(`  rowhook start, process ${daemonPid}, sends to ${receiverUrl}`),
    '  admin page, where one sees it all:',
    `    ${c.cyan(adminUrl)}`,
    line(`  ${system.applicationName} API ${apiUrl}: change something, see it arrive`),
    ...system.invitations(apiUrl).map((request) => `    curl ${request}`),
    ...(databaseIsOurs ? [`    psql ${databaseUrl}`] : []),
    '',
  ];
}

/** Instead of the header, in a terminal of few rows. */
export function shortHeaderLines(stage: Stage, width: number, c: Colors): string[] {
  const request = stage.system.invitations(stage.apiUrl)[0];
  return [c.bold(clip(`rowhook demo · try: curl ${request}`, width)), c.cyan(stage.adminUrl)];
}

export function footerLines(totals: Totals, status: string, width: number, c: Colors): string[] {
  return [
    c.dim('─'.repeat(width)),
    ...totalsLines(totals).map((text) => clip(text, width)),
    c.dim(clip(status, width)),
  ];
}

/** Totals, rates, percentiles, and what is still to be retried. */
export function totalsLines(totals: Totals): string[] {
  const { arrived, taken, failed, changes, repeats, refused, waiting, nextRetryAt } = totals;
  const next = nextRetryAt ? `, the next due at ${clockText(nextRetryAt)}` : '';
  return [
    `changes ${changes}   arrived ${arrived} (${totals.perSecond.toFixed(1)}/s)   taken ${taken}   failed on purpose ${failed}`,
    `latency p50 ${durationText(totals.p50)}, p99 ${durationText(totals.p99)}   repeats ${repeats}   bad signatures ${refused}`,
    `waiting for a retry ${waiting}${next}   running ${spanText(totals.runningMs)}`,
  ];
}
