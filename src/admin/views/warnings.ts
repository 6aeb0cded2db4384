import { plainTable } from '../../catalog/table-name.ts';
import type { Drift } from '../../drift/kinds.ts';
import { wordsOfReason, wordsOfSetAside } from '../../explain/reason-words.ts';
import { counted, duration, sentence } from '../../explain/words.ts';
import type { EndpointRow } from '../../store/endpoint-list.ts';
import type { EndpointTroubles } from '../../store/endpoint-troubles.ts';
import type { OpenGap } from '../../store/gaps.ts';
import type { SealedStatus } from '../../store/resealing.ts';
import type { SetAsideStatus } from '../../store/set-aside.ts';
import { shownUrl } from '../../wire/endpoint-url.ts';
import type { QueueView, WarningView } from '../shapes/overview.ts';
import { standingOf } from './status-words.ts';
import { isoOrNull } from './times.ts';

/** Everything that may want somebody's attention. */
export interface WarningFacts {
  readonly now: Date;
  readonly drifts: readonly Drift[];
  readonly gaps: readonly OpenGap[];
  readonly setAside: SetAsideStatus;
  readonly queue: QueueView;
  /** Of a daemon in this process: since when its relay fails. */
  readonly relayFailingSince: Date | null;
  readonly troubles: EndpointTroubles;
  /** Why those that fail do, by endpoint id. */
  readonly reasons: ReadonlyMap<string, string>;
  readonly sealed: SealedStatus;
}

const warning = (
  code: string,
  severity: WarningView['severity'],
  message: string,
  rest: Partial<Omit<WarningView, 'code' | 'severity' | 'message'>> = {},
): WarningView => ({
  code,
  severity,
  message: sentence(message),
  fix: null,
  since: null,
  endpointId: null,
  ...rest,
});

const rank = { error: 0, warning: 1, info: 2 } as const;

/** What is not as it should be, the worst first, each with what mends it. Pure. */
export function warningsOf(facts: WarningFacts): WarningView[] {
  return [
    ...relayWarnings(facts),
    ...someOf(facts.drifts.map(driftWarning), 'npx rowhook status'),
    ...someOf(facts.gaps.map(gapWarning), 'npx rowhook gaps'),
    ...setAsideWarnings(facts.setAside),
    ...sealedWarnings(facts.sealed),
    ...lateWarnings(facts.queue),
    ...endpointWarnings(facts),
  ].sort((a, b) => rank[a.severity] - rank[b.severity]);
}

/** Of one kind: with a table for each of a hundred the page would say nothing else. */
const shownMost = 8;

function someOf(all: readonly WarningView[], fix: string): WarningView[] {
  const rest = all.slice(shownMost);
  const [first] = rest;
  if (!first) return [...all];
  const more = warning(
    first.code,
    first.severity,
    `${rest.length.toLocaleString('en-US')} more of this kind`,
    { fix },
  );
  return [...all.slice(0, shownMost), more];
}

/** The relay reads every few milliseconds: what waits for longer than this waits for something. */
const behindMs = 60_000;

function relayWarnings({ queue, relayFailingSince, now }: WarningFacts): WarningView[] {
  const { oldestChangeAt, changesWaiting } = queue;
  const waiting = `${counted(changesWaiting.count, 'change')}${changesWaiting.atLeast ? ' or more' : ''}`;
  if (relayFailingSince) {
    return [
      warning('relay_failing', 'error', 'the relay fails and tries again: no changes become events', {
        fix: 'See the log of the daemon: it says why.',
        since: relayFailingSince.toISOString(),
      }),
    ];
  }
  if (!queue.relayActive) {
    const wait = changesWaiting.count === 0 ? 'what is committed from now on waits' : `${waiting} wait`;
    return [
      warning('relay_absent', 'error', `no relay is active: ${wait} in the outbox, and nothing is lost`, {
        fix: 'npx rowhook start',
        since: oldestChangeAt,
      }),
    ];
  }
  if (oldestChangeAt === null || now.getTime() - Date.parse(oldestChangeAt) < behindMs) return [];
  return [
    warning('relay_behind', 'warning', `${waiting} wait for the relay, which works through them`, {
      fix: 'Wait; where it does not get less, see the log of the daemon.',
      since: oldestChangeAt,
    }),
  ];
}

function driftWarning({ severity, message, first, fix }: Drift): WarningView {
  return warning('drift', severity === 'note' ? 'info' : 'error', message, {
    fix: [...(first === null ? [] : [first]), ...fix].join('\n') || null,
  });
}

function gapWarning({ table, kind, transactions, firstAt }: OpenGap): WarningView {
  const name = plainTable(table);
  const many = `${counted(transactions, 'transaction')}${transactions >= 1_000 ? ' or more' : ''}`;
  const message =
    kind === 'truncate'
      ? `the table ${name} was truncated by ${many}: receivers may have records that are gone`
      : `the table ${name} was written to unseen by ${many}: receivers may lack what was created, changed or deleted`;
  return warning('gap', 'warning', message, {
    fix: `npx rowhook gaps clear --table ${name}`,
    since: firstAt,
  });
}

function setAsideWarnings({ records, oldestAt, reasons }: SetAsideStatus): WarningView[] {
  if (records.count === 0) return [];
  const many = `${counted(records.count, 'record')}${records.atLeast ? ' or more' : ''}`;
  const [first] = reasons;
  const why = first ? `, most of all of ${first.resource}, because ${wordsOfSetAside(first.reason)}` : '';
  return [
    warning('set_aside', 'warning', `${many} cannot be shown, and their events wait${why}`, {
      fix: 'npx rowhook set-aside list',
      since: isoOrNull(oldestAt),
    }),
  ];
}

function sealedWarnings({ kept, stale }: SealedStatus): WarningView[] {
  const closed = kept
    .filter((each) => each.closed > 0)
    .map(({ key, closed: secrets, endpoints }) =>
      warning(
        'secrets_closed',
        'error',
        `${counted(secrets, 'secret')} of ${counted(endpoints, 'endpoint')} cannot be opened with the configured keys: deliveries are held back`,
        {
          fix: `Configure the key "${key ?? ''}" (secrets.keys, or ROWHOOK_SECRET_KEYS), or set the secrets anew.`,
        },
      ),
    );
  if (stale === 0) return closed;
  const message = `${counted(stale, 'secret')} ${stale === 1 ? 'is' : 'are'} not sealed with the first key`;
  return [...closed, warning('secrets_stale', 'info', message, { fix: 'npx rowhook secrets seal' })];
}

const lateSeconds = 60;
const veryLateSeconds = 600;

function lateWarnings({ oldestDueSeconds, due }: QueueView): WarningView[] {
  if (oldestDueSeconds < lateSeconds) return [];
  const severity = oldestDueSeconds < veryLateSeconds ? 'warning' : 'error';
  const many = `${counted(due.count, 'delivery', 'deliveries')}${due.atLeast ? ' or more' : ''}`;
  const message = `the oldest of ${many} that are due has waited for ${duration(oldestDueSeconds * 1_000)}`;
  return [
    warning('late', severity, message, {
      fix: 'See whether a daemon runs, and is not held back by its limits: delivery.concurrency, delivery.perEndpoint.',
    }),
  ];
}

function endpointWarnings({ troubles, reasons, now }: WarningFacts): WarningView[] {
  const { disabled, disabledCount, failing } = troubles;
  const waiting = failing.filter(({ backlog }) => backlog.count > 0);
  const rest = disabledCount - disabled.length;
  return [
    ...disabled.map((endpoint) => disabledWarning(endpoint, now)),
    ...(rest > 0
      ? [
          warning(
            'endpoint_disabled',
            'error',
            `${counted(rest, 'more endpoint')} rowhook has disabled too`,
            {
              fix: 'See the list of those that are disabled.',
            },
          ),
        ]
      : []),
    ...waiting.map((endpoint) => failingWarning(endpoint, reasons.get(endpoint.id) ?? null, now)),
  ];
}

function disabledWarning(endpoint: EndpointRow, now: Date): WarningView {
  const { words, since } = standingOf(endpoint, null, now);
  return warning('endpoint_disabled', 'error', `${nameOf(endpoint)} is ${words}`, {
    fix: 'See to its receiver, then resume it.',
    since: isoOrNull(since),
    endpointId: endpoint.id,
  });
}

function failingWarning(endpoint: EndpointRow, reason: string | null, now: Date): WarningView {
  const { words, since } = standingOf(endpoint, reason, now);
  const { count, atLeast } = endpoint.backlog;
  const many = `${counted(count, 'delivery waits', 'deliveries wait')}${atLeast ? ', or more' : ''}`;
  return warning('endpoint_failing', 'warning', `${nameOf(endpoint)} fails: ${words}; ${many}`, {
    fix: (reason === null ? null : wordsOfReason(reason).advice) ?? 'See to its receiver.',
    since: isoOrNull(since),
    endpointId: endpoint.id,
  });
}

/** The query string may hold a token of the receiver's. */
const nameOf = ({ id, url, description }: EndpointRow): string =>
  `webhook ${id} (${description || shownUrl(url)})`;
