import type { Outcome } from './findings.ts';

/** The outcome for people. Pure. */
export function outcomeTable(outcome: Outcome, right: boolean): string {
  const events = Object.entries(outcome.events);
  const half = Math.ceil(events.length / 2);
  // Two columns, the first one read down before the second.
  const rows = events
    .slice(0, half)
    .map((left, i) => [left, events[half + i]].map(cell).join('   ').trimEnd());
  const { deliveries, succeeded, lost, duplicates, badSignatures, payloadMismatches, latencyMs } = outcome;
  return [
    ...rows,
    '',
    `deliveries ${deliveries}, succeeded ${succeeded}, lost ${lost}, duplicates ${duplicates}`,
    `bad signatures ${badSignatures}, payload mismatches ${payloadMismatches}`,
    `from commit to arrival: p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`,
    right ? 'All is right.' : 'NOT all is right.',
    '',
  ].join('\n');
}

function cell(event: readonly [string, number] | undefined): string {
  if (!event) return '';
  const [name, count] = event;
  return `${name.padEnd(27)} ${String(count).padStart(4)}`;
}
