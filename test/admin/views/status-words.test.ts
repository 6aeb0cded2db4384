import { expect } from 'chai';
import { standingOf } from '../../../src/admin/views/status-words.ts';

const now = new Date('2026-11-23T12:00:00.000Z');
const later = new Date('2026-11-23T12:05:00.000Z');
const since = new Date('2026-11-23T11:00:00.000Z');
const well = { failures: 0, failingSince: null, openUntil: null, pausedUntil: null, throttle: null };
const ill = { ...well, failures: 12, failingSince: since };

describe('how an endpoint stands, in words', () => {
  for (const [what, known, reason, expected] of [
    ['is well', {}, null, { status: 'active', words: null, since: null, until: null }],
    [
      'was disabled by hand',
      { state: 'disabled', stateSince: since },
      null,
      { status: 'disabled', words: 'disabled by hand', since, until: null },
    ],
    [
      'was disabled as it failed',
      { state: 'disabled', stateSince: since, disabledReason: 'failing', health: ill },
      null,
      { status: 'disabled', words: 'disabled because it had failed for days', since, until: null },
    ],
    [
      'was disabled as its receiver is gone',
      { state: 'disabled', disabledReason: 'http_410' },
      null,
      {
        status: 'disabled',
        words: 'disabled because the receiver answered that it is gone (status 410)',
        since: null,
        until: null,
      },
    ],
    [
      'is paused, whatever its receiver does',
      { state: 'paused', stateSince: since, health: ill },
      'http_500',
      { status: 'paused', words: 'paused by hand', since, until: null },
    ],
    [
      'fails',
      { health: { ...ill, failures: 1 } },
      'http_503',
      {
        status: 'failing',
        words: 'the receiver answered with status 503 (its last request failed)',
        since,
        until: null,
      },
    ],
    [
      'fails for a reason that is not known',
      { health: { ...ill, failures: 1_200 } },
      null,
      { status: 'failing', words: 'its last 1,200 requests failed', since, until: null },
    ],
    [
      'waits for its next try',
      { health: { ...ill, openUntil: later } },
      'timeout',
      {
        status: 'failing',
        words:
          'it was not over within its deadline, from the lookup of the name to the last byte of the answer (its last 12 requests failed); next try at 2026-11-23T12:05:00.000Z',
        since,
        until: later,
      },
    ],
    [
      'is about to be tried',
      { health: { ...ill, openUntil: since } },
      null,
      { status: 'failing', words: 'its last 12 requests failed; the next try is due', since, until: null },
    ],
    [
      'asked for a pause',
      { health: { ...ill, pausedUntil: later, openUntil: later } },
      'http_429',
      {
        status: 'failing',
        words: 'the receiver asked for a pause until 2026-11-23T12:05:00.000Z',
        since,
        until: later,
      },
    ],
    [
      'is throttled',
      { health: { ...well, throttle: 4.2 } },
      'http_429',
      {
        status: 'failing',
        words: 'the receiver said that it is too busy: it is sent 4 requests a second until it is well',
        since: null,
        until: null,
      },
    ],
    [
      'is throttled to less than one a second',
      { health: { ...well, throttle: 0.05 } },
      null,
      {
        status: 'failing',
        words: 'the receiver said that it is too busy: it is sent a request every 20 s until it is well',
        since: null,
        until: null,
      },
    ],
  ] as const) {
    it(`of one that ${what}`, () => {
      const endpoint = {
        state: 'active',
        stateSince: null,
        disabledReason: null,
        health: well,
        ...known,
      } as const;
      expect(standingOf(endpoint, reason, now)).to.deep.equal(expected);
    });
  }
});
