import { expect } from 'chai';
import { withoutEchoes } from '../../src/delivery/echoes.ts';

const custom = [
  ['Authorization', 'Bearer hunter2-hunter2'],
  ['X-Key', 'k"e\\y-of-theirs'],
  ['X-Short', '1'],
  ['Accept', 'application/json'],
] as const;
const url = 'https://a.example/hook?token=t0ken%2Ft0ken&v=2';
const asked = { url, custom };
const answer = (text: string) => ({
  responseHeaders: [['Location', text]] as const,
  responseBody: Buffer.from(text, 'latin1'),
  responseCut: false,
});
/** A token as long as they are. */
const token = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MTIifQ.c2lnbmF0dXJlLW9mLXRoZWlycw';

describe('the answer of an attempt', () => {
  for (const [what, text, kept] of [
    ['a header in full', 'you sent Bearer hunter2-hunter2!', 'you sent [hidden]!'],
    ['what stands behind the scheme', '{"token":"hunter2-hunter2"}', '{"token":"[hidden]"}'],
    ['a header as it is', 'X-Key: k"e\\y-of-theirs', 'X-Key: [hidden]'],
    ['a header in JSON', '{"x-key":"k\\"e\\\\y-of-theirs"}', '{"x-key":"[hidden]"}'],
    [
      'the query as it is',
      'https://a.example/hook/?token=t0ken%2Ft0ken&v=2',
      'https://a.example/hook/?token=[hidden]&v=2',
    ],
    ['the query decoded', 'no t0ken/t0ken here', 'no [hidden] here'],
    ['it more than once', 'hunter2-hunter2 hunter2-hunter2', '[hidden] [hidden]'],
    ['bytes that are no text', 'hunter2-hunter2\xff\xfe\0', '[hidden]\xff\xfe\0'],
  ] as const) {
    it(`is kept without what we hide of the request, where it repeats ${what}`, () => {
      const { responseHeaders, responseBody } = withoutEchoes(answer(text), asked);
      expect(responseBody?.toString('latin1')).to.equal(kept);
      expect(responseHeaders).to.deep.equal([['Location', kept]]);
    });
  }

  it('is kept without a value that is not ASCII', () => {
    const text = 'page of pässword-1';
    const { responseBody } = withoutEchoes(
      { ...answer(''), responseBody: Buffer.from(text) },
      { url: 'https://a.example/hook?key=p%C3%A4ssword-1', custom: [] },
    );
    expect(responseBody?.toString()).to.equal('page of [hidden]');
  });

  for (const length of [8, 31, 32, token.length - 1]) {
    it(`is kept without the ${length} characters of a longer value at which it was cut`, () => {
      const cut = { ...answer(`X-Token: ${token.slice(0, length)}`), responseCut: true };
      const { responseBody } = withoutEchoes(cut, { url, custom: [['X-Token', token]] });
      expect(responseBody?.toString()).to.equal('X-Token: [hidden]');
    });
  }

  it('is kept without the longer one of two values that begin alike', () => {
    const other = `${token.slice(0, 50)}another`;
    const both = {
      url,
      custom: [
        ['X-A', token],
        ['X-B', other],
      ] as const,
    };
    const { responseBody } = withoutEchoes(answer(`${other} ${token}`), both);
    expect(responseBody?.toString()).to.equal('[hidden] [hidden]');
  });

  it('is gone through once, whatever it and the values are', () => {
    // In full they are looked for at each of 65,536 places, and found to differ after 3,900 characters.
    const values = Array.from({ length: 2 }, (_, n) => `${'a'.repeat(3_900)}b${n}${'a'.repeat(90)}`);
    const custom = values.map((value, n) => [`X-${n}`, value] as const);
    const { responseBody } = withoutEchoes(answer('a'.repeat(65_536)), { url, custom });
    expect(responseBody?.toString()).to.match(/^(\[hidden\]){17}a*$/);
  });

  it('keeps what is too short to be a secret, and what is accepted', () => {
    const text = 'application/json 1 2 Bearer';
    expect(withoutEchoes(answer(text), asked).responseBody?.toString()).to.equal(text);
  });

  it('is left as it is where nothing is hidden', () => {
    const whole = answer('hunter2');
    expect(withoutEchoes(whole, { url: 'https://a.example/hook', custom: [] })).to.equal(whole);
    expect(
      withoutEchoes({ responseHeaders: undefined, responseBody: undefined, responseCut: false }, asked),
    ).to.deep.equal({
      responseHeaders: undefined,
      responseBody: undefined,
      responseCut: false,
    });
  });
});
