import { expect } from 'chai';
import { oldSecretsMax, rotated, secretsAt } from '../../src/wire/secrets.ts';

describe('secrets', () => {
  const at = (text: string): Date => new Date(`2026-03-${text}:00Z`);
  const old = (secret: string, until: string) => ({ secret, validUntil: at(until).toISOString() });
  const hour = 3_600_000;

  it('sign while they are valid, the present one first', () => {
    const olds = [old('b', '15T12:00'), old('a', '14T12:00')];
    expect(secretsAt('c', olds, at('14T11:59'))).to.deep.equal(['c', 'b', 'a']);
    expect(secretsAt('c', olds, at('14T12:00'))).to.deep.equal(['c', 'b']);
    expect(secretsAt('c', olds, at('16T00:00'))).to.deep.equal(['c']);
    expect(secretsAt(null, olds, at('14T11:59'))).to.deep.equal([]);
    expect(secretsAt('c', [{ secret: 'x', validUntil: 'whenever' }], at('14T11:59'))).to.deep.equal(['c']);
  });

  for (const [what, present, next, overlapMs, expected] of [
    ['the first one', { secret: null, oldSecrets: [] }, 'b', hour, []],
    ['one after it', { secret: 'a', oldSecrets: [] }, 'b', hour, [old('a', '14T13:00')]],
    [
      'a third one',
      { secret: 'b', oldSecrets: [old('a', '14T12:30')] },
      'c',
      hour,
      [old('b', '14T13:00'), old('a', '14T12:30')],
    ],
    [
      'one when an old one has expired',
      { secret: 'b', oldSecrets: [old('a', '14T12:00')] },
      'c',
      hour,
      [old('b', '14T13:00')],
    ],
    [
      'one with a shorter overlap than the last',
      { secret: 'b', oldSecrets: [old('a', '20T12:00')] },
      'c',
      hour,
      [old('b', '14T13:00'), old('a', '14T13:00')],
    ],
    ['one without an overlap', { secret: 'b', oldSecrets: [old('a', '20T12:00')] }, 'c', 0, []],
    [
      'an old one again',
      { secret: 'b', oldSecrets: [old('a', '14T12:30')] },
      'a',
      hour,
      [old('b', '14T13:00')],
    ],
  ] as const) {
    it(`are kept when there comes ${what}`, () => {
      expect(rotated(present, next, overlapMs, at('14T12:00'))).to.deep.equal(expected);
    });
  }

  it('are kept in small number, the newest ones', () => {
    let present = {
      secret: 's0',
      oldSecrets: rotated({ secret: null, oldSecrets: [] }, 's0', hour, at('14T12:00')),
    };
    for (let n = 1; n <= 9; n += 1)
      present = { secret: `s${n}`, oldSecrets: rotated(present, `s${n}`, hour, at('14T12:00')) };
    expect(oldSecretsMax).to.equal(4);
    expect(present.oldSecrets.map(({ secret }) => secret)).to.deep.equal(['s8', 's7', 's6', 's5']);
  });
});
