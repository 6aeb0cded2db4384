import { expect } from 'chai';
import { fromFunction, type RecordKey } from '../../src/catalog/source.ts';
import { failureOf, fetchPeople, ids, sourcesWith } from './kit.ts';

describe('payloads by a function', () => {
  const load = (payloads: unknown, options: Parameters<typeof sourcesWith>[1] = {}) =>
    sourcesWith(
      fromFunction(() => payloads as unknown[]),
      options,
    );

  it('are asked for once, with all keys, and come in their order', async () => {
    const asked: Array<readonly RecordKey[]> = [];
    const sources = sourcesWith(
      fromFunction(async (keys) => {
        asked.push(keys);
        return keys.map(({ id }) => ({ number: id }));
      }),
    );
    expect(await fetchPeople(sources, ids('9007199254740993', 2))).to.deep.equal([
      '{"number":"9007199254740993"}',
      '{"number":"2"}',
    ]);
    expect(asked).to.deep.equal([[{ id: '9007199254740993' }, { id: '2' }]]);
  });

  it('are undefined where there is no such record', async () => {
    expect(await fetchPeople(load([null, undefined, {}, []]), ids(1, 2, 3, 4))).to.deep.equal([
      undefined,
      undefined,
      '{}',
      '[]',
    ]);
  });

  it('are written as JSON.stringify does: dates, and what knows how it is written', async () => {
    class Person {
      readonly secret = 1;
      toJSON() {
        return { at: new Date(0), none: undefined };
      }
    }
    expect(await fetchPeople(load([new Person()]), ids(1))).to.deep.equal([
      '{"at":"1970-01-01T00:00:00.000Z"}',
    ]);
  });

  it('have no member that is named like an excluded column, wherever it is', async () => {
    const sources = load([{ id: 1, tax_id: 2, partner: { taxId: 3, name: 'B' } }], { exclude: ['tax_id'] });
    expect(await fetchPeople(sources, ids(1))).to.deep.equal(['{"id":1,"partner":{"name":"B"}}']);
  });

  const wrong: ReadonlyArray<readonly [what: string, payloads: unknown, message: RegExp]> = [
    ['too few', [{}], /a list of 1, expected a list of 2 payloads, in the order of the keys/],
    ['too many', [{}, {}, {}], /a list of 3, expected a list of 2/],
    ['no list', new Map(), /returned a object, expected a list of 2/],
    ['nothing', undefined, /returned a undefined/],
    ['a bigint', [{ n: 1n }, {}], /\{"id":"1"\} cannot be written as JSON: .*BigInt/],
    ['what JSON has no form of', [{}, () => {}], /\{"id":"2"\} is nothing that JSON has a form of/],
    [
      'JSON that is written already',
      [{}, '{"tax_id":1}'],
      /\{"id":"2"\} is a string in JSON, expected an object/,
    ],
    ['no number', [{}, Number.NaN], /is null in JSON/],
    ['a number', [{}, 0], /is a number in JSON/],
    ['false', [{}, false], /is a boolean in JSON/],
    ['a date', [{}, new Date(0)], /is a string in JSON/],
    ['what becomes null', [{}, { toJSON: () => null }], /is null in JSON/],
    ['what becomes nothing', [{}, { toJSON() {} }], /is nothing that JSON has a form of/],
    ['a map', [{}, new Map([[1, 2]])], /is a Map, expected an object or a list/],
    ['a set', [{}, new Set([1])], /is a Set/],
    ['a promise', [{}, Promise.resolve({})], /is a Promise/],
    ['an error', [{}, new RangeError('x')], /is a RangeError/],
    ['bytes', [{}, new Uint8Array(2)], /is a Uint8Array/],
  ];
  for (const [what, payloads, message] of wrong) {
    it(`are refused where the function returns ${what}`, async () => {
      const error = await failureOf(fetchPeople(load(payloads), ids(1, 2)));
      expect(error.code).to.equal('source_invalid');
      expect(error.message)
        .to.match(/^"person" was given/)
        .and.match(message);
      expect(error.where).to.equal('resources.person.source');
    });
  }

  it('are undefined where there is no room for them', async () => {
    const takes = (i: number, length: number) => i === 1 && length === 7;
    expect(await fetchPeople(load([{ a: 1 }, { b: 2 }]), ids(1, 2), undefined, { takes })).to.deep.equal([
      undefined,
      '{"b":2}',
    ]);
  });

  it('cannot be had where the function throws or rejects, and its error is kept', async () => {
    const cause = new Error('no connection left');
    const throws = sourcesWith(
      fromFunction(() => {
        throw cause;
      }),
    );
    for (const sources of [throws, sourcesWith(fromFunction(() => Promise.reject(cause)))]) {
      const error = await failureOf(fetchPeople(sources, ids(1)));
      expect(error.code).to.equal('source_failed');
      expect(error.message).to.match(/"person".*the function failed: no connection left/);
      expect(error.cause).to.equal(cause);
    }
  });

  it('cannot be had where the function takes too long', async () => {
    const sources = sourcesWith(
      fromFunction(() => new Promise<never>(() => {})),
      { functionTimeoutMs: 20 },
    );
    const error = await failureOf(fetchPeople(sources, ids(1)));
    expect(error.code).to.equal('source_failed');
    expect(error.message).to.match(/no answer within 20 ms/);
  });

  it('are not waited for once nobody wants them any more', async () => {
    const stop = new AbortController();
    const sources = sourcesWith(fromFunction(() => new Promise<never>(() => {})));
    const fetching = fetchPeople(sources, ids(1), stop.signal);
    stop.abort(new Error('stopped'));
    expect(await fetching.catch(String)).to.equal('Error: stopped');
  });
});
