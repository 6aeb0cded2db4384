import { isIP } from 'node:net';
import type { AttemptFacts, DeliveryTale, EndpointNow, Surroundings } from './facts.ts';
import { wordsOfDisabling, wordsOfReason } from './reason-words.ts';
import { type Step, type StepCode, step } from './story.ts';
import { counted, duration, listed, time } from './words.ts';

/** What became of an event for one endpoint. */
export interface Outcome {
  readonly code: StepCode;
  readonly got: 'yes' | 'not yet' | 'no';
  /** Why, to go on after "endpoint 7 did not get it: "; when, where it got it. */
  readonly because: string;
  readonly at: Date | null;
  readonly advice: readonly string[];
}

type Made = Pick<Outcome, 'code' | 'got' | 'because'> & Partial<Pick<Outcome, 'at' | 'advice'>>;
const outcome = (made: Made): Outcome => ({ at: null, advice: [], ...made });

/** What became of a delivery. Pure. */
export function outcomeOf(tale: DeliveryTale, endpoint: EndpointNow, surroundings: Surroundings): Outcome {
  const { delivery } = tale;
  const taken = tale.attempts.findLast(({ verdict }) => verdict === 'succeeded');
  if (taken) return delivered(tale, taken);
  if (delivery.place === null) return ended(tale, endpoint);
  if (delivery.place === 'sending')
    return outcome({ code: 'sending', got: 'not yet', because: 'a daemon is sending it now' });
  return heldBy(endpoint, surroundings) ?? queued(tale, endpoint, surroundings);
}

function delivered({ delivery, attempts }: DeliveryTale, taken: AttemptFacts): Outcome {
  const again =
    delivery.place === null || attempts.at(-1) !== taken
      ? ''
      : ', and it was redelivered by hand: it is queued again';
  const which = taken.number === 1 ? 'at the first attempt' : `at attempt ${taken.number}`;
  const at = new Date(taken.startedAt.getTime() + taken.durationMs);
  return outcome({ code: 'delivered', got: 'yes', because: `${which}, at ${time(at)}${again}`, at });
}

function ended({ delivery, attempts }: DeliveryTale, endpoint: EndpointNow): Outcome {
  const last = attempts.at(-1);
  if (last?.verdict !== 'exhausted') return droppedFrom(endpoint);
  const { because, advice } = wordsOfReason(last.reason);
  const failed =
    last.number === 1 ? 'its only attempt failed,' : `all ${last.number} attempts failed, the last one`;
  const again = endpoint.deletedAt ? [] : [`rowhook deliveries redeliver ${delivery.id}`];
  return outcome({
    code: last.reason === 'blocked_address' ? 'blocked_address' : 'exhausted',
    got: 'no',
    because: `${failed} because ${because}${detailOf(last)}`,
    at: last.startedAt,
    advice: [...allowing(last), ...(advice === null ? [] : [advice]), ...again],
  });
}

/** What is queued nowhere, and came to no end. Pure. */
export function droppedFrom({ deletedAt, droppedAt }: EndpointNow): Outcome {
  const because = deletedAt
    ? `it was deleted at ${time(deletedAt)}, and what it still was to get with it`
    : droppedAt
      ? `what was held for it was dropped at ${time(droppedAt)}, as somebody had asked`
      : 'its delivery is neither queued nor ended: it was taken out, and nobody knows by whom';
  return outcome({ code: 'dropped', got: 'no', because, at: deletedAt ?? droppedAt });
}

/** Why an endpoint is sent nothing at present; undefined: it is. */
function heldBy(endpoint: EndpointNow, surroundings: Surroundings): Outcome | undefined {
  const { id, active, disabledAt, disabledReason, pausedAt, pausedUntil, openUntil, failures, failingSince } =
    endpoint;
  const held = (because: string, at: Date | null, ...advice: string[]) =>
    outcome({ code: 'held', got: 'not yet', because, at, advice });
  if (endpoint.deletedAt) return droppedFrom(endpoint);
  if (!active) {
    const since = disabledAt ? ` since ${time(disabledAt)}` : '';
    return held(
      `it is disabled${since}, ${wordsOfDisabling(disabledReason)}`,
      disabledAt,
      `rowhook endpoints enable ${id}`,
    );
  }
  if (pausedAt)
    return held(`it is paused since ${time(pausedAt)}`, pausedAt, `rowhook endpoints resume ${id}`);
  const now = `To try at once: rowhook endpoints resume ${id}`;
  if (pausedUntil) return held(`its receiver asked for a pause until ${time(pausedUntil)}`, null, now);
  if (!openUntil) return undefined;
  const failing = `${counted(failures, 'request')} in a row failed${failingSince ? ` since ${time(failingSince)}` : ''}`;
  const probe =
    openUntil > surroundings.now
      ? `the next try goes out at ${time(openUntil)}`
      : 'the next try is under way';
  return held(`it is held back, as ${failing}; ${probe}`, failingSince, now);
}

function queued(tale: DeliveryTale, endpoint: EndpointNow, surroundings: Surroundings): Outcome {
  const { delivery, attempts, blocker } = tale;
  const last = attempts.at(-1);
  const failed = last
    ? `attempt ${last.number} failed, because ${wordsOfReason(last.reason).because}${detailOf(last)}; `
    : '';
  const advice = last ? [...allowing(last), wordsOfReason(last.reason).advice ?? ''].filter(Boolean) : [];
  const code = (usual: StepCode) => (last?.reason === 'blocked_address' ? 'blocked_address' : usual);
  const none = surroundings.relayActive ? '' : '; no daemon seems to run';
  if (delivery.place === 'waiting') {
    const { dueAt } = delivery;
    const late =
      dueAt && dueAt < surroundings.now
        ? `was due at ${time(dueAt)}${none}`
        : `is due at ${dueAt ? time(dueAt) : '?'}`;
    return outcome({
      code: code('waiting'),
      got: 'not yet',
      because: `${failed}the next one ${late}`,
      at: dueAt,
      advice,
    });
  }
  if (delivery.place === 'behind' || blocker) {
    if (!blocker) {
      const because = `${failed}the delivery waited for another one of its record, which has ended: it is queued next${none}`;
      return outcome({ code: 'behind', got: 'not yet', because });
    }
    const until = blocker.dueAt
      ? `waits for its next attempt at ${time(blocker.dueAt)}`
      : 'has not come to an end';
    const because = `${failed}the delivery waits for ${blocker.id} of the same record, which ${until}`;
    return outcome({ code: 'behind', got: 'not yet', because, advice: [`rowhook explain ${blocker.id}`] });
  }
  const { count, atLeast } = tale.before;
  const before =
    count === 0
      ? 'it is the next one'
      : `${counted(count, 'other')}${atLeast ? ' or more' : ''} of the endpoint ${count === 1 ? 'goes' : 'go'} before it`;
  const died = delivery.starts - delivery.attempts;
  const suspicious = died >= 2 ? `; it was begun ${died} times without an end, and is sent alone` : '';
  const pace =
    endpoint.rate === null
      ? ''
      : `; the endpoint gets ${Number(endpoint.rate.toPrecision(2))} requests a second at most${endpoint.throttled ? ', as it answered that it gets too much' : ''}`;
  return outcome({
    code: code('due'),
    got: 'not yet',
    because: `${failed}the delivery is due, ${before}${pace}${suspicious}${none}`,
    advice: [...advice, ...sealed(endpoint)],
  });
}

/** A daemon that lacks the key makes no attempt; which keys it has, only its log tells. */
const sealed = ({ sealedWith }: EndpointNow): string[] =>
  sealedWith.length === 0
    ? []
    : [
        `If it stays due: the secrets of the endpoint are sealed with ${listed(sealedWith.map((id) => `the key "${id}"`))}, and a daemon that lacks it sends nothing; see its log.`,
      ];

const detailOf = ({ detail, reason }: AttemptFacts): string =>
  detail === null || reason === 'success' ? '' : ` (${detail})`;

/** How the address is allowed that the guard has refused. */
function allowing({ reason, detail, url }: AttemptFacts): string[] {
  if (reason !== 'blocked_address') return [];
  const found = (detail ?? '').split(/[\s,;()[\]"]+/).find((word) => isIP(word) !== 0);
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : undefined;
  const allow = found ?? host;
  return allow === undefined
    ? []
    : [
        `If requests may go there, allow it in the config, and start the daemon anew: delivery: { allow: ['${allow}'] }`,
      ];
}

/** A line for each attempt that is told, and how many are not. Pure. */
export function attemptSteps({ attempts }: DeliveryTale): Step[] {
  const [first] = attempts;
  const left = (first?.number ?? 1) - 1;
  const cut =
    left > 0
      ? [step('attempt', `${counted(left, 'earlier attempt')}: rowhook deliveries show tells them all`)]
      : [];
  return [...cut, ...attempts.map((attempt, i) => attemptStep(attempt, attempts[i - 1]))];
}

function attemptStep(attempt: AttemptFacts, earlier: AttemptFacts | undefined): Step {
  const { number, startedAt, durationMs, status, reason, verdict, dueAt } = attempt;
  const answer = status === null ? '' : `status ${status}, `;
  const told = /^http_/.test(reason) ? '' : `${wordsOfReason(reason).because}${detailOf(attempt)}, `;
  const byHand = earlier && earlier.verdict !== 'retry' ? 'redelivered by hand; ' : '';
  const next = verdict === 'retry' && dueAt ? `; the next one due at ${time(dueAt)}` : '';
  const end = verdict === 'exhausted' ? '; the last one' : '';
  return step(
    'attempt',
    `attempt ${number} at ${time(startedAt)}: ${byHand}${answer}${told}after ${duration(durationMs)}${next}${end}`,
    {
      at: startedAt,
      facts: { number, verdict, reason, status, durationMs },
    },
  );
}
