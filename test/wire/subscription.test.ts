import { expect } from 'chai';
import type { ErrorCode } from '../../src/errors.ts';
import { subscriptionOf } from '../../src/wire/subscription.ts';

describe('subscription', () => {
  const known = ['person_create', 'person_update', 'tag_assign'];

  for (const [asked, got] of [
    [['person_update'], ['person_update']],
    [
      ['tag_assign', 'person_update', 'tag_assign'],
      ['tag_assign', 'person_update'],
    ],
    [['*'], ['*']],
    [['person_update', '*', 'tag_assign'], ['*']],
  ] as const) {
    it(`makes ${got.join(', ')} of ${asked.join(', ')}`, () => {
      expect(subscriptionOf(asked, known)).to.deep.equal(got);
    });
  }

  for (const [asked, code, message] of [
    [['persn_update'], 'event_unknown', 'unknown event "persn_update"; did you mean "person_update"?'],
    [['weather'], 'event_unknown', 'unknown event "weather"'],
    [['*', 'weather'], 'event_unknown', 'unknown event "weather"'],
    [['ping'], 'endpoint_invalid', 'nobody can subscribe to "ping"'],
    [[], 'endpoint_invalid', 'at least one event'],
  ] as const satisfies ReadonlyArray<readonly [readonly string[], ErrorCode, string]>) {
    it(`refuses ${JSON.stringify(asked)}`, () => {
      expect(() => subscriptionOf(asked, known))
        .to.throw(message)
        .that.has.property('code', code);
    });
  }
});
