import type { Log } from '../store/log.ts';
import type { Sealer } from '../store/sealer.ts';
import type { Dialect } from '../wire/dialect.ts';
import { type End, endOf, unsentEnd } from './health/breaker.ts';
import type { Answer } from './lanes/endpoint-lanes.ts';
import { openedSecrets } from './opened-secrets.ts';
import { finishedOf, outgoingOf, unsendableOf } from './outgoing.ts';
import type { Claimed } from './queue/claim.ts';
import type { Finished } from './queue/record.ts';
import type { Sent } from './request/exchange.ts';
import type { Sender } from './request/send.ts';
import type { Reason } from './verdict.ts';

/** A delivery that was begun so much more often than it ended is not begun again: the process dies of it. */
export const startsMax = 5;

export interface SendingParts {
  readonly sender: Sender;
  readonly log: Log;
  readonly sealer: Sealer;
  readonly dialectOf: (name: string | null) => Dialect;
  /** Counts the start of a suspicious delivery; undefined: its lease is lost. */
  readonly begin: (delivery: Claimed) => Promise<number | undefined>;
  /** By the database's clock. */
  readonly now: () => Date;
  /** Of requests to endpoints that have none of their own. */
  readonly timeoutMs: number;
}

/** How the sending of a delivery ended: with something to record, or without, and then it is to be given back. */
export type Ending =
  | { readonly finished: Finished; readonly answer: Answer | undefined; readonly end: End }
  | {
      /** With what is counted of it by now. */
      readonly unsent: Claimed;
      /** `sealed`: nothing can be sent to this endpoint from here, for want of a key. */
      readonly why: 'aborted' | 'too_late' | 'sealed';
    };

/** Sends one delivery. Never rejects. */
export async function send(parts: SendingParts, claimed: Claimed): Promise<Ending> {
  const { sender, log, sealer, dialectOf, now, timeoutMs } = parts;
  const unsent = (delivery: Claimed, why: 'aborted' | 'too_late' | 'sealed'): Ending => ({
    unsent: delivery,
    why,
  });
  const opened = openedSecrets(claimed, sealer, now());
  if ('problem' in opened) {
    log.error(
      { endpoint: claimed.endpointId, reason: opened.problem, detail: opened.detail },
      'a secret cannot be opened: the deliveries of its endpoint are held back',
    );
    return unsent(claimed, 'sealed');
  }
  const unsendable = (problem: Reason, detail: string): Ending => ({
    finished: unsendableOf(claimed, problem, detail, now()),
    answer: undefined,
    end: unsentEnd(claimed),
  });
  if (!claimed.counted && claimed.starts - claimed.attempts >= startsMax) {
    const detail = `begun ${claimed.starts} times, ended ${claimed.attempts} times`;
    return unsendable('process_died', detail);
  }
  const delivery = claimed.counted ? claimed : await begun(parts, claimed);
  if (!delivery) return unsent(claimed, 'too_late');
  const outgoing = outgoingOf(delivery, dialectOf, opened, now());
  if ('problem' in outgoing) return unsendable(outgoing.problem, outgoing.detail);
  if (outgoing.requestIdDropped) {
    log.warn({ delivery: delivery.id }, 'request id dropped: it cannot be a header value');
  }
  const sent = await sender.send(delivery.url, outgoing.headers, outgoing.body, {
    timeoutMs: delivery.settings.timeoutMs ?? timeoutMs,
    transport: outgoing.transport,
  });
  if (sent.failure?.reason === 'aborted') return unsent(delivery, 'aborted');
  const finished = finishedOf(delivery, outgoing, sent, now());
  return { finished, answer: answerOf(sent), end: endOf(finished, outgoing.dialect.heedsReceiver, now()) };
}

/** A suspicious delivery, its start counted; undefined where that could not be done. */
async function begun({ begin, log }: SendingParts, delivery: Claimed): Promise<Claimed | undefined> {
  const { id, starts, attempts } = delivery;
  log.warn({ delivery: id, starts, attempts }, 'delivery was begun more often than it ended: sent alone');
  try {
    const counted = await begin(delivery);
    return counted === undefined ? undefined : { ...delivery, starts: counted, counted: true };
  } catch (error) {
    log.warn({ err: error, delivery: id }, 'start of a delivery cannot be counted: not sent');
    return undefined;
  }
}

function answerOf(sent: Sent): Answer {
  if (!sent.failure) return 'answered';
  return sent.failure.reason === 'timeout' ? 'timeout' : 'failed';
}
