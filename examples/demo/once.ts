import type { Wishes } from './arguments.ts';
import { Findings, isRight } from './findings.ts';
import { outcomeTable } from './outcome-table.ts';
import { aborted, onStage, type Stage } from './stage.ts';
import type { System } from './system.ts';

export interface Surroundings {
  readonly signal: AbortSignal;
  readonly out: (text: string) => void;
  readonly progress: (text: string) => void;
}

/** Milliseconds for what one change raises to arrive. */
const arrivalMs = 10_000;
/** After so many changes whose events were waited for in vain, no more are made. */
const mostInVain = 3;

/** Raises every event, compares what arrives, and prints what was found. @returns the exit code */
export async function playOnce(
  system: System,
  wishes: Wishes,
  { signal, out, progress }: Surroundings,
): Promise<number> {
  const findings = new Findings(system);
  let inVain = 0;
  const raiseAll = async (stage: Stage) => {
    const { application, ledger, databaseUrl, adminUrl } = stage;
    await findings.compare(stage.opening, application);
    // What was due before the daemon was there says nothing of latencies.
    await system.warmUp(application);
    findings.measure();
    for (const [name, chapter] of Object.entries(system.chapters)) {
      if (inVain >= mostInVain) break;
      progress(`changing ${name}`);
      await chapter(application);
    }
    return { outcome: await findings.conclude(application, ledger), databaseUrl, adminUrl };
  };
  const { outcome, databaseUrl, adminUrl } = await onStage(
    {
      system,
      wishes,
      signal,
      progress,
      onArrival: (arrival, entry) => findings.arrived(arrival, entry),
      // The next change waits until what this one raises has come and was compared: so the API speaks of the same moment.
      async onChange({ application, ledger }, _change, entries) {
        signal.throwIfAborted();
        if (!(await ledger.settled(arrivalMs))) inVain += 1;
        await findings.compare(entries, application);
      },
    },
    (stage) => Promise.race([raiseAll(stage), aborted(signal)]),
  );
  const right = isRight(outcome);
  for (const problem of findings.problems) progress(`NOT RIGHT: ${problem}`);
  const kept = wishes.keep ? { databaseUrl } : {};
  out(wishes.json ? `${JSON.stringify({ ...outcome, ...kept, adminUrl })}\n` : outcomeTable(outcome, right));
  return right ? 0 : 1;
}
