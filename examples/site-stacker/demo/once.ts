import type { Wishes } from './arguments.ts';
import { chapters } from './changes/chapters.ts';
import { Findings, isRight } from './findings.ts';
import { outcomeTable } from './outcome-table.ts';
import { keyOf, part } from './records.ts';
import { aborted, onStage, type Stage } from './stage.ts';

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
export async function playOnce(wishes: Wishes, { signal, out, progress }: Surroundings): Promise<number> {
  const findings = new Findings();
  let inVain = 0;
  const raiseAll = async (stage: Stage) => {
    await comparePing(stage, findings);
    // The ping needs no relay, which may still be starting: after its first event the two ends of a latency are our own.
    await stage.crm.sql('update tag_categories set weight = weight + 1 where id = 4', [], () => [
      ['tag_category_update', '4'],
    ]);
    findings.measure();
    for (const [name, chapter] of Object.entries(chapters)) {
      if (inVain >= mostInVain) break;
      progress(`changing ${name}`);
      await chapter(stage.crm);
    }
    const { crm, ledger, databaseUrl } = stage;
    return { outcome: await findings.conclude(crm, ledger), databaseUrl };
  };
  const { outcome, databaseUrl } = await onStage(
    {
      wishes,
      signal,
      progress,
      onArrival: (arrival, entry) => findings.arrived(arrival, entry),
      // The next change waits until what this one raises has come and was compared: so the API speaks of the same moment.
      async onChange({ crm, ledger }, _change, entries) {
        signal.throwIfAborted();
        if (!(await ledger.settled(arrivalMs))) inVain += 1;
        await findings.compare(entries, crm);
      },
    },
    (stage) => Promise.race([raiseAll(stage), aborted(signal)]),
  );
  const right = isRight(outcome);
  for (const problem of findings.problems) progress(`NOT RIGHT: ${problem}`);
  const kept = wishes.keep ? { databaseUrl } : {};
  out(wishes.json ? `${JSON.stringify({ ...outcome, ...kept })}\n` : outcomeTable(outcome, right));
  return right ? 0 : 1;
}

/** The ping says how its endpoint was registered, in the order of shapes/webhook.json, and never its secret. */
async function comparePing({ crm, ping, receiverUrl, secret }: Stage, findings: Findings): Promise<void> {
  const hook = part(ping.body, 'hook');
  const [row] = await crm.read('select id::text, url from rowhook.endpoint');
  const { created, modified } = (hook ?? {}) as Record<string, string>;
  const expected = {
    hook: {
      ...{ id: row?.id, url: receiverUrl, active: true, webhook_delivery_count: '0' },
      ...{ created, modified, events: ['*'] },
    },
  };
  const found = JSON.stringify(ping.body);
  if (found !== JSON.stringify(expected) || found.includes(secret)) {
    findings.mismatch(`ping ${keyOf('ping', ping.body)}: ${found}`);
  }
}
