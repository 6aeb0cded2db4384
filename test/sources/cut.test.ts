import { expect } from 'chai';
import fc from 'fast-check';
import { withoutMembers } from '../../src/sources/cut.ts';

const cutTax = (text: string) => withoutMembers(text, (name) => name === 'tax');

describe('cutting members out of JSON', () => {
  const cases: ReadonlyArray<readonly [what: string, given: string, left: string]> = [
    ['the first', '{"tax":1,"a":2}', '{"a":2}'],
    ['one in the middle', '{"a":1,"tax":2,"b":3}', '{"a":1,"b":3}'],
    ['the last', '{"a":1,"tax":2}', '{"a":1}'],
    ['the only one', '{"tax":1}', '{}'],
    ['each of several', '{"tax":1,"tax":2,"a":3,"tax":4,"tax":5,"b":6,"tax":7}', '{"a":3,"b":6}'],
    ['objects and lists as a whole', '{"tax":{"tax":[{"tax":1}]},"a":[1]}', '{"a":[1]}'],
    ['deep ones', '[{"a":[{"tax":"}","b":[]}]},{"tax":[]}]', '[{"a":[{"b":[]}]},{}]'],
    ['names that are written with escapes', '{"\\u0074ax":1,"a":2}', '{"a":2}'],
    ['behind strings that look like JSON', '{"a":"\\"tax\\":1,{","tax":2}', '{"a":"\\"tax\\":1,{"}'],
    ['behind a string that ends in a backslash', '{"a":"\\\\","tax":2}', '{"a":"\\\\"}'],
    ['among white space', '{ "tax" : 1 ,\n "a" : 2 ,\t"tax" : 3 }', '{\n "a" : 2 }'],
    ['nothing that is a value', '{"a":"tax","b":["tax"]}', '{"a":"tax","b":["tax"]}'],
    ['nothing of what is no object', '"tax"', '"tax"'],
  ];
  for (const [what, given, left] of cases) {
    it(`takes ${what}`, () => {
      expect(cutTax(given)).to.equal(left);
    });
  }

  it('leaves numbers as they are written', () => {
    const numbers = '9007199254740993,1.10,1e400,-0,0.1000000000000000055';
    expect(cutTax(`{"tax":1,"a":[${numbers}]}`)).to.equal(`{"a":[${numbers}]}`);
  });

  it('tells the outermost object from what is within', () => {
    const text = '{"tax":1,"a":{"tax":2},"b":[{"tax":3}]}';
    expect(withoutMembers(text, (_, outermost) => outermost)).to.equal('{}');
    const within = withoutMembers(text, (name, outermost) => name === 'tax' && !outermost);
    expect(within).to.equal('{"tax":1,"a":{},"b":[{}]}');
  });

  it('leaves the JSON that a parser would leave, whatever was given', () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.constant('tax'), fc.constant('a'), fc.string()), tie('value'), {
          maxKeys: 5,
        }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1), (given, indent) => {
        const text = JSON.stringify(given, null, indent);
        const expected = JSON.parse(text, function (name, inner) {
          return name === 'tax' && !Array.isArray(this) ? undefined : inner;
        });
        expect(JSON.parse(cutTax(text))).to.deep.equal(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});
