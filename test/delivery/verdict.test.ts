import { expect } from 'chai';
import { type Outcome, verdictOf } from '../../src/delivery/verdict.ts';
import { siteStacker } from '../../src/wire/site-stacker.ts';

describe('verdict', () => {
  const retry = (reason: string) => ({ verdict: 'retry', reason, retryDelayMs: 60_000 });

  for (const [outcome, attempts, verdict] of [
    [{ status: 200 }, 1, { verdict: 'succeeded', reason: 'success' }],
    [{ status: 204 }, 11, { verdict: 'succeeded', reason: 'success' }],
    [{ status: 302 }, 1, retry('redirect')],
    [{ status: 304 }, 1, retry('redirect')],
    [{ status: 400 }, 1, retry('http_400')],
    [{ status: 410 }, 3, retry('http_410')],
    [{ status: 500 }, 10, retry('http_500')],
    [{ status: 500 }, 11, { verdict: 'exhausted', reason: 'http_500' }],
    [{ status: 302 }, 11, { verdict: 'exhausted', reason: 'redirect' }],
    [{ failure: 'timeout' }, 1, retry('timeout')],
    [{ failure: 'blocked_address' }, 2, retry('blocked_address')],
    [{ failure: 'connection_reset' }, 12, { verdict: 'exhausted', reason: 'connection_reset' }],
  ] as const satisfies ReadonlyArray<readonly [Outcome, number, object]>) {
    it(`of ${JSON.stringify(outcome)} on attempt ${attempts} is ${verdict.verdict}, ${verdict.reason}`, () => {
      expect(verdictOf(siteStacker, outcome, attempts)).to.deep.equal(verdict);
    });
  }

  it('is left to the dialect: amplo takes exactly 200', () => {
    const strict = { ...siteStacker, succeeded: (status: number) => status === 200 };
    expect(verdictOf(strict, { status: 201 }, 1)).to.deep.equal(retry('http_201'));
  });
});
