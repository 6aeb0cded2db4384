import { expect } from 'chai';
import fc from 'fast-check';
import { prettyJson, prettyText } from '../../../admin/pages/deliveries/json-pretty.ts';

const laidOut = (text: string, length?: number): string | undefined =>
  prettyJson(text, length)
    ?.pieces.map((piece) => piece.text)
    .join('');

describe('JSON laid out', () => {
  it('is what JSON.stringify makes of it, for every value that survives that', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
        const pretty = JSON.stringify(value, null, 2);
        expect(laidOut(JSON.stringify(value))).to.equal(pretty);
        expect(prettyText(JSON.stringify(value))).to.equal(pretty);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps numbers, escapes, the order of keys, and keys that are there twice', () => {
    const text =
      '{"b":12345678901234567890.10,"a":1E+400,"\\u0061":"\\/\\u00e9","a":-0,"__proto__":{"x":1},"10":1,"9":2}';
    expect(laidOut(text)).to.equal(
      [
        '{',
        '  "b": 12345678901234567890.10,',
        '  "a": 1E+400,',
        '  "\\u0061": "\\/\\u00e9",',
        '  "a": -0,',
        '  "__proto__": {',
        '    "x": 1',
        '  },',
        '  "10": 1,',
        '  "9": 2',
        '}',
      ].join('\n'),
    );
  });

  it('goes 100,000 levels deep', () => {
    const deep = prettyJson('['.repeat(100_000) + ']'.repeat(100_000));
    expect(deep).to.include({ isCut: false, isUnfinished: false });
    expect(laidOut(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)?.replaceAll(/\s/g, '')).to.equal(
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    );
  });

  it('takes strings of megabytes, and stops where it is told to', () => {
    const text = JSON.stringify({ a: '\\"'.repeat(1_000_000), b: [1, 2, 3] });
    expect(laidOut(text)).to.equal(JSON.stringify(JSON.parse(text), null, 2));
    const many = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i));
    const cut = prettyJson(many, 1_000);
    expect(cut?.isCut).to.equal(true);
    expect(laidOut(many, 1_000)?.length).to.be.within(1_000, 1_020);
  });

  it('lays out an answer that was cut as far as it goes, and says so', () => {
    const whole = '{"a":[1,{"b":"text \\" more"},true],"c":null,"d":-1.5e3}';
    for (let length = 1; length < whole.length; length += 1) {
      expect(prettyJson(whole.slice(0, length))?.isUnfinished, whole.slice(0, length)).to.equal(true);
    }
    expect(prettyJson(whole)?.isUnfinished).to.equal(false);
  });

  it('leaves alone what is no JSON object or array', () => {
    const others = [
      '',
      'plain',
      '"text"',
      '12',
      '<html>',
      '{a:1}',
      '{"a" 1}',
      '{"a":1,}',
      '[1,]',
      '[1 2]',
      '[1]]',
      '[}',
      '[1}',
      '{"a":1]',
      '{"a":01}',
      '{"a":undefined}',
      '{"a":tru}',
      "['a']",
      '["a\nb"]',
      '{"a":1}{"b":2}',
      '{"a":1} x',
      '{,}',
      '[-]',
      '["a":1]',
      '{"a"}',
      '{1:2}',
    ];
    for (const text of others) expect(prettyJson(text), text).to.equal(undefined);
  });
});
