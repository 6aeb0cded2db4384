import { expect } from 'chai';
import { type Outcome, verdictOf } from '../../src/delivery/verdict.ts';
import type { HeaderList } from '../../src/wire/dialect.ts';
import { dialectNamed } from '../../src/wire/dialects.ts';

const now = new Date('2026-03-14T09:26:53Z');
const answer = (status: number, headers: HeaderList = []): Outcome => ({ status, headers });
const judge = (name: string, outcome: Outcome, attempts: number) =>
  verdictOf(dialectNamed(name), outcome, { attempts, now, random: 0.5, schedule: null });

describe('verdict', () => {
  const retry = (reason: string, retryDelayMs = 60_000) => ({ verdict: 'retry', reason, retryDelayMs });

  for (const [outcome, attempts, verdict] of [
    [answer(200), 1, { verdict: 'succeeded', reason: 'success' }],
    [answer(204), 11, { verdict: 'succeeded', reason: 'success' }],
    [answer(302), 1, retry('redirect')],
    [answer(304), 1, retry('redirect')],
    [answer(400), 1, retry('http_400')],
    [answer(410), 3, retry('http_410')],
    [answer(429, [['Retry-After', '3600']]), 1, retry('http_429')],
    [answer(500), 10, retry('http_500')],
    [answer(500), 11, { verdict: 'exhausted', reason: 'http_500' }],
    [answer(410), 11, { verdict: 'exhausted', reason: 'http_410' }],
    [answer(302), 11, { verdict: 'exhausted', reason: 'redirect' }],
    [{ failure: 'timeout' }, 1, retry('timeout')],
    [{ failure: 'blocked_address' }, 2, retry('blocked_address')],
    [{ failure: 'connection_reset' }, 12, { verdict: 'exhausted', reason: 'connection_reset' }],
  ] as const satisfies ReadonlyArray<readonly [Outcome, number, object]>) {
    it(`of ${JSON.stringify(outcome)} on attempt ${attempts} is ${verdict.verdict}, ${verdict.reason}`, () => {
      expect(judge('site-stacker', outcome, attempts)).to.deep.equal(verdict);
    });
  }

  for (const status of [201, 204, 206, 302, 304]) {
    it(`is left to the dialect: amplo takes ${status} as a failure`, () => {
      expect(judge('amplo', answer(status), 1)).to.include({ verdict: 'retry' });
    });
  }

  describe('with a schedule of the endpoint’s own', () => {
    const own = (name: string, attempts: number, headers: HeaderList = [], schedule = [2_000, 4_000]) =>
      verdictOf(dialectNamed(name), answer(500, headers), { attempts, now, random: 0, schedule });

    it('keeps to it, spread where the dialect spreads its own', () => {
      expect(own('site-stacker', 1)).to.deep.equal(retry('http_500', 2_000));
      expect(own('standard', 2)).to.deep.equal(retry('http_500', 3_200));
      expect(own('prefix:Acme', 2)).to.deep.equal(retry('http_500', 3_200));
      expect(own('amplo', 1)).to.deep.equal(retry('http_500', 1_600));
    });

    it('ends with it', () => {
      expect(own('site-stacker', 3)).to.deep.equal({ verdict: 'exhausted', reason: 'http_500' });
      expect(own('site-stacker', 1, [], [])).to.deep.equal({ verdict: 'exhausted', reason: 'http_500' });
    });

    it('waits longer where the receiver asks for it', () => {
      expect(own('standard', 1, [['Retry-After', '9']])).to.deep.equal(retry('http_500', 9_000));
    });
  });

  describe('of a receiver that is heard', () => {
    for (const name of ['standard', 'amplo', 'prefix:Acme']) {
      it(`is the end of the endpoint when it says 410 Gone to ${name}`, () => {
        expect(judge(name, answer(410), 1)).to.deep.equal({
          verdict: 'exhausted',
          reason: 'http_410',
          endpointGone: true,
        });
      });
    }

    for (const [what, headers, attempts, delayMs] of [
      ['asks for more than the schedule has', [['Retry-After', '120']], 1, 120_000],
      ['writes the name in other letters', [['retry-AFTER', '120']], 1, 120_000],
      ['asks for less', [['Retry-After', '1']], 4, 600_000],
      ['asks for a moment', [['Retry-After', 'Sat, 14 Mar 2026 10:26:53 GMT']], 1, 3_600_000],
      ['asks for a moment that is over', [['Retry-After', 'Sat, 14 Mar 2026 08:26:53 GMT']], 1, 5_000],
      ['asks for a year', [['Retry-After', '31536000']], 1, 86_400_000],
      ['says what nobody understands', [['Retry-After', 'soon']], 1, 5_000],
    ] as const) {
      for (const status of [429, 503, 404]) {
        it(`waits ${delayMs} ms when it answers ${status} and ${what}`, () => {
          expect(judge('standard', answer(status, headers), attempts)).to.deep.equal(
            retry(`http_${status}`, delayMs),
          );
        });
      }
    }

    it('is no longer than its schedule', () => {
      expect(judge('standard', answer(503, [['Retry-After', '5']]), 13)).to.deep.equal({
        verdict: 'exhausted',
        reason: 'http_503',
      });
    });
  });
});
