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

  const noList: ReadonlyArray<readonly [what: string, payloads: unknown, message: RegExp]> = [
    ['too few', [{}], /a list of 1, expected a list of 2 payloads, in the order of the keys/],
    ['too many', [{}, {}, {}], /a list of 3, expected a list of 2/],
    ['no list', new Map(), /returned a object, expected a list of 2/],
    ['nothing', undefined, /returned a undefined/],
  ];
  for (const [what, payloads, message] of noList) {
    it(`are refused where the function returns ${what}`, async () => {
      const sources = sourcesWith(fromFunction((keys) => (keys.length === 2 ? (payloads as unknown[]) : [])));
      const error = await failureOf(fetchPeople(sources, ids(1, 2)));
      expect(error.code).to.equal('source_invalid');
      expect(error.message)
        .to.match(/^"person" was given/)
        .and.match(message);
      expect(error.where).to.equal('resources.person.source');
    });
  }

  const wrong: ReadonlyArray<readonly [what: string, payload: unknown, detail: RegExp]> = [
    ['a bigint', { n: 1n }, /cannot be written as JSON: TypeError/],
    ['what JSON has no form of', () => {}, /is nothing that JSON has a form of/],
    ['JSON that is written already', '{"tax_id":1}', /is a string in JSON, expected an object/],
    ['no number', Number.NaN, /is null in JSON/],
    ['a number', 0, /is a number in JSON/],
    ['false', false, /is a boolean in JSON/],
    ['a date', new Date(0), /is a string in JSON/],
    ['what becomes null', { toJSON: () => null }, /is null in JSON/],
    ['what becomes nothing', { toJSON() {} }, /is nothing that JSON has a form of/],
    ['a map', new Map([[1, 2]]), /is a Map, expected an object or a list/],
    ['a set', new Set([1]), /is a Set/],
    ['a promise', Promise.resolve({}), /is a Promise/],
    ['an error', new RangeError('x'), /is a RangeError/],
    ['bytes', new Uint8Array(2), /is a Uint8Array/],
  ];
  for (const [what, payload, detail] of wrong) {
    it(`come with why not where the function returns ${what} for one record`, async () => {
      const [first, second] = await fetchPeople(load([{}, payload]), ids(1, 2));
      expect(first).to.equal('{}');
      expect(second).to.include({ reason: 'source_invalid', proven: true });
      expect(second).to.have.property('detail').that.matches(detail);
      // For all of them, it is the function that is wrong.
      const error = await failureOf(fetchPeople(load([payload, payload]), ids(1, 2)));
      expect(error.code).to.equal('source_invalid');
      expect(error.message).to.match(detail);
    });
  }

  describe('where the function fails for some records', () => {
    /** Throws where one of these is asked for. */
    function failingFor(...poor: number[]) {
      const calls: number[] = [];
      const sources = sourcesWith(
        fromFunction((keys) => {
          calls.push(keys.length);
          const one = keys.find(({ id }) => poor.includes(Number(id)));
          if (one) throw Object.assign(new TypeError(`secret of ${one.id}`), { code: 'E_POOR' });
          return keys.map(({ id }) => ({ id }));
        }),
      );
      return { calls, sources };
    }
    const why = { reason: 'source_failed', detail: 'the function failed: TypeError E_POOR', proven: true };

    it('come for all others, and for those why not, without what the error says', async () => {
      const { calls, sources } = failingFor(3, 7);
      const found = await fetchPeople(sources, ids(...Array(64).keys()));
      expect(found).to.deep.equal(
        Array.from({ length: 64 }, (_, id) => (id === 3 || id === 7 ? why : `{"id":"${id}"}`)),
      );
      expect(calls.length).to.be.at.most(1 + 2 * 2 * 6);
    });

    it('are asked for by few calls where it fails for very many: the rest is left for another time', async () => {
      const { calls, sources } = failingFor(...Array(500).keys());
      const found = await fetchPeople(sources, ids(...Array(1_000).keys()));
      expect(calls.length).to.be.at.most(64 + 12);
      expect(found[0]).to.deep.equal(why);
      expect(found[499]).to.deep.equal({ ...why, proven: false });
      expect(found[999]).to.be.a('string');
    });

    it('cannot be had where it fails for all of them, but where it answers for one that it answered for before', async () => {
      const { sources } = failingFor(1, 2);
      expect((await failureOf(fetchPeople(sources, ids(1, 2)))).code).to.equal('source_failed');
      await fetchPeople(sources, ids(3));
      expect(await fetchPeople(sources, ids(1, 2))).to.deep.equal([why, why]);
    });

    it('come with why not at the fifth try where there is one record, and no other is known', async () => {
      const { sources } = failingFor(1);
      for (let n = 1; n <= 4; n++) await failureOf(fetchPeople(sources, ids(1)));
      expect(await fetchPeople(sources, ids(1))).to.deep.equal([why]);
    });
  });

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
