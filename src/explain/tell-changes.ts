import { plainTable } from '../catalog/table-name.ts';
import type { Drift } from '../drift/kinds.ts';
import type { WaitingChange } from './read-changes.ts';
import type { GapFacts, SetAsideFacts } from './read-record.ts';
import { wordsOfSetAside } from './reason-words.ts';
import { type Step, step } from './story.ts';
import { counted, eventsText, listed, time } from './words.ts';

/** A record whose events wait, as it cannot be shown. */
export function setAsideStep(
  { resource, key }: { readonly resource: string; readonly key: string },
  facts: SetAsideFacts,
): Step {
  const { reason, detail, setAsideAt, tries, retryAt, count, events } = facts;
  const words = `set aside since ${time(setAsideAt)}, because ${wordsOfSetAside(reason)} (${detail}): ${eventsText(count)} (${listed([...new Set(events)])}); tried ${counted(tries, 'time')} since, next at ${time(retryAt)}`;
  const which = `--resource ${resource} --record '${key.replaceAll("'", `'\\''`)}'`;
  return step('set_aside', words, {
    at: setAsideAt,
    advice: [`When the cause is mended: rowhook set-aside retry ${which}`],
    facts: { reason, detail, tries, retryAt, events: count.count },
  });
}

const opWords = {
  insert: 'it was created',
  update: 'it was updated',
  delete: 'it was deleted',
  touch: 'a part of it changed',
  vanish: 'its row went, which was marked as deleted',
  unseen: 'its row changed, which is marked as deleted',
  truncate: 'its table was truncated',
  bypass: 'its table was written to with session_replication_role = replica',
};

/** A change that the relay has not read. */
export function waitingStep({ changedAt, requestId, ops, events, before }: WaitingChange): Step {
  const what = `${listed(ops.map((op) => opWords[op]))}, in a transaction of ${time(changedAt)}${requestId === null ? '' : `, Request-Id ${requestId}`}`;
  const place =
    before.count === 0
      ? 'it is read next'
      : `${counted(before.count, 'row change')}${before.atLeast ? ' or more' : ''} ${before.count === 1 ? 'is' : 'are'} read before it`;
  const facts = { requestId, events, before: before.count };
  if (events.length === 0)
    return step('change_silent', `${what}: not read by the relay yet, and no event waits for it (${place})`, {
      at: changedAt,
      facts,
    });
  return step(
    'change_waiting',
    `${what}: not read by the relay yet, which will make ${listed(events)} of it (${place})`,
    {
      at: changedAt,
      facts,
    },
  );
}

/** Changes that nobody could write down. */
export function gapStep({ table, kind, firstAt, lastAt, transactions }: GapFacts): Step {
  const how =
    kind === 'truncate' ? 'was truncated' : 'was written to with session_replication_role = replica';
  const many = `${counted(transactions, 'transaction')}${transactions < 1_000 ? '' : ' or more'}`;
  const words = `${plainTable(table)} ${how} (${many} from ${time(firstAt)} to ${time(lastAt)}), which gave no events: nobody knows which rows these were`;
  return step('gap', words, { at: lastAt, facts: { table: plainTable(table), kind, transactions } });
}

export function driftStep({ kind, severity, message, first, fix }: Drift): Step {
  return step('drift', `${message} (${severity})`, {
    facts: { kind, severity },
    advice: [...(first === null ? [] : [first]), ...fix],
  });
}
