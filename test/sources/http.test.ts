import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { fromHttp, type HttpOptions } from '../../src/catalog/source.ts';
import { RowhookError } from '../../src/errors.ts';
import type { Sources } from '../../src/sources/sources.ts';
import { type Answer, type Receiver, type Script, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { failureOf, fetchPeople, ids, sourcesWith } from './kit.ts';

describe('payloads by http', () => {
  let api: Receiver;
  const open: Sources[] = [];

  afterEach(async () => {
    for (const sources of open.splice(0)) sources.close();
    await api?.close();
  });
  async function serve(
    script: Script,
    options: Partial<HttpOptions> = {},
    resource: Parameters<typeof sourcesWith>[1] = {},
  ): Promise<Sources> {
    api = await startReceiver(script);
    const sources = sourcesWith(
      fromHttp({ url: api.url('/people/{id}?token=secret'), retries: 0, ...options }),
      resource,
    );
    open.push(sources);
    return sources;
  }
  const answer = (fixed: Answer, options: Partial<HttpOptions> = {}) => serve(() => fixed, options);

  it('are the bodies of the answers, byte for byte, in the order of the keys', async () => {
    const bodyOf = (path: string) =>
      ` {"path": "${path}",\n "n": 9007199254740993, "x": 1.10, "é": "\\u00e9"}\n`;
    const sources = await serve(({ path }) => ({
      body: bodyOf(path),
      // The later ones are answered first.
      delayMs: path.startsWith('/people/1') ? 30 : 0,
    }));
    expect(await fetchPeople(sources, ids(1, 2, 'a b'))).to.deep.equal([
      bodyOf('/people/1?token=secret'),
      bodyOf('/people/2?token=secret'),
      bodyOf('/people/a%20b?token=secret'),
    ]);
    expect(api.requests.map(({ method }) => method)).to.deep.equal(['GET', 'GET', 'GET']);
  });

  for (const status of [404, 410]) {
    it(`are undefined where the application answers ${status}`, async () => {
      const sources = await serve(({ path }) => (path.startsWith('/people/2') ? { status } : { body: '{}' }));
      expect(await fetchPeople(sources, ids(1, 2, 3))).to.deep.equal(['{}', undefined, '{}']);
    });
  }

  for (const status of [400, 413, 414, 422, 431, 451]) {
    it(`are given with why not where the application refuses a record with ${status}`, async () => {
      const script: Script = ({ path }) => (path.startsWith('/people/2') ? { status } : { body: '{}' });
      const sources = await serve(script);
      const refused = { reason: 'source_refused', detail: `answered ${status}`, proven: true };
      expect(await fetchPeople(sources, ids(1, 2, 3))).to.deep.equal(['{}', refused, '{}']);
    });
  }

  describe('of a record that fails by itself', () => {
    const [poor, good] = [ids(7), ids(1)];
    /** Answers for all but one. */
    const failing =
      (answer: Answer): Script =>
      ({ path }) =>
        path.startsWith('/people/7') ? answer : { body: '{}' };
    const fails = (sources: Sources, keys = poor) => failureOf(fetchPeople(sources, keys));
    const failed = (detail: string) => ({ reason: 'source_failed', detail, proven: true });

    for (const [what, script, why] of [
      ['500', { status: 500 }, failed('answered 500')],
      ['302', { status: 302 }, failed('answered 302')],
      [
        'no JSON',
        { body: '<p>' },
        { reason: 'source_invalid', detail: 'answered 200 without JSON in UTF-8', proven: true },
      ],
      ['403', { status: 403 }, failed('answered 403')],
      ['503', { status: 503 }, failed('answered 503')],
      ['nothing', { destroy: true }, failed('no answer')],
    ] as const) {
      it(`come with why not at once, where the application answers ${what} but answers for another`, async () => {
        const sources = await serve(failing(script));
        await fetchPeople(sources, good);
        expect(await fetchPeople(sources, poor)).to.deep.equal([why]);
        expect(await fetchPeople(sources, ids(2, 7))).to.deep.equal(['{}', why]);
        api.answer(() => ({ body: '[]' }));
        expect(await fetchPeople(sources, poor)).to.deep.equal(['[]']);
      });
    }

    for (const status of [500, 503]) {
      it(`cannot be had where the application answers ${status} for others too, however often`, async () => {
        const sources = await serve(() => ({ body: '{}' }));
        await fetchPeople(sources, good);
        api.answer(() => ({ status }));
        for (let n = 1; n <= 4; n++) expect((await fails(sources, ids(7, 8))).code).to.equal('source_failed');
      });
    }

    it('cannot be had where whoever asks is refused, however often', async () => {
      const sources = await serve(failing({ status: 429 }));
      await fetchPeople(sources, good);
      for (let n = 1; n <= 8; n++) await fails(sources);
    });

    it('are asked for once more after the other: an application that comes back between the two is not taken for a record that fails', async () => {
      const sources = await serve(() => ({ body: '{}' }));
      await fetchPeople(sources, good);
      const before = api.requests.length;
      api.answer((_, n) => (n === before + 1 ? { destroy: true } : { body: '{}' }));
      expect(await fetchPeople(sources, poor)).to.deep.equal(['{}']);
      expect(api.requests.slice(before).map(({ path }) => path.split('?')[0])).to.deep.equal([
        '/people/7',
        '/people/1',
        '/people/7',
      ]);
    });

    it('come with why not at the fifth try where it is asked for alone, no other is known, and the application answers at all', async () => {
      const sources = await answer({ status: 500 });
      for (let n = 1; n <= 4; n++) await fails(sources);
      expect(await fetchPeople(sources, poor)).to.deep.equal([failed('answered 500')]);
      await api.close();
      for (const script of [{ status: 503 }, { status: 403 }, { destroy: true }]) {
        const down = await answer(script);
        for (let n = 1; n <= 8; n++) await fails(down);
        await api.close();
      }
    });

    it('are found out by the others that are asked for with it', async () => {
      const sources = await serve(failing({ destroy: true }), { concurrency: 1 });
      for (let n = 1; n <= 4; n++) await fails(sources, ids(7, 1));
      expect(await fetchPeople(sources, ids(7, 1))).to.deep.equal([failed('no answer'), '{}']);
    });

    it('are found out all at once, where there are several', async () => {
      const sources = await serve(({ path }) =>
        path.startsWith('/people/11') ? { body: '{}' } : { status: 500 },
      );
      const found = await fetchPeople(sources, ids(...Array(12).keys()));
      expect(found).to.deep.equal([...Array(11).fill(failed('answered 500')), '{}']);
    });

    it('are not all looked for where very many do: the others are left for another time', async () => {
      const sources = await serve(({ path }) =>
        path.startsWith('/people/0') ? { body: '{}' } : { status: 500 },
      );
      const found = await fetchPeople(sources, ids(...Array(100).keys()));
      const proven = found.filter((one) => typeof one === 'object' && one.proven).length;
      expect(proven).to.be.within(32, 40);
      expect(found.filter((one) => typeof one === 'object' && !one.proven)).to.have.length(99 - proven);
      expect(api.requests.length).to.be.at.most(1 + 3 * 40);
    });
  });

  it('are undefined where there is no room for them, and not fetched on where the room says so', async () => {
    const sources = await answer({ body: '{"a":1}' }, { concurrency: 1 });
    const asked: number[][] = [];
    const takes = (i: number, length: number) => {
      asked.push([i, length]);
      return i !== 1;
    };
    expect(await fetchPeople(sources, ids(1, 2, 3), undefined, { takes })).to.deep.equal([
      '{"a":1}',
      undefined,
      '{"a":1}',
    ]);
    expect(asked).to.deep.equal([
      [0, 7],
      [1, 7],
      [2, 7],
    ]);
    const full = new Error('full');
    const throws = () => {
      throw full;
    };
    expect(
      await fetchPeople(sources, ids(1, 2, 3), undefined, { takes: throws }).catch((e: unknown) => e),
    ).to.equal(full);
    expect(api.requests).to.have.length(4);
  });

  it('are not asked for where a key has no address', async () => {
    const sources = await serve(() => ({ body: '[]' }));
    const none = { reason: 'no_address', detail: 'its key makes no address of its own', proven: true };
    expect(await fetchPeople(sources, ids('', '..'))).to.deep.equal([none, none]);
    expect(api.requests).to.have.length(0);
  });

  it('are asked for with headers, which a function may give anew each time', async () => {
    let asked = 0;
    const sources = await serve(() => ({ body: '{}' }), {
      headers: async () => ({ Authorization: `Bearer ${++asked}`, Accept: 'application/vnd.crm+json' }),
      concurrency: 1,
    });
    await fetchPeople(sources, ids(1, 2));
    expect(
      api.requests.map(({ headers }) => [headers.authorization, headers.accept, headers['user-agent']]),
    ).to.deep.equal([
      ['Bearer 1', 'application/vnd.crm+json', 'rowhook'],
      ['Bearer 2', 'application/vnd.crm+json', 'rowhook'],
    ]);
  });

  it('cannot be had where the function for the headers fails, or never ends', async () => {
    const failing = await answer({}, { headers: () => Promise.reject(new Error('no token')) });
    expect((await failureOf(fetchPeople(failing, ids(1)))).message).to.match(/headers failed: no token/);
    await api.close();
    const hanging = await answer({}, { headers: () => new Promise<never>(() => {}), timeoutMs: 20 });
    expect((await failureOf(fetchPeople(hanging, ids(1)))).message).to.match(/no answer within 20 ms/);
    expect(api.requests).to.have.length(0);
  });

  for (const status of [201, 204, 301, 302, 304, 401, 403, 405, 407, 408, 425, 429, 500, 503]) {
    it(`cannot be had where the application answers ${status}`, async () => {
      const sources = await answer({ status, headers: { location: '/elsewhere' } });
      const error = await failureOf(fetchPeople(sources, ids(1)));
      expect(error.code).to.equal('source_failed');
      expect(error.message).to.equal(
        `payloads of "person" cannot be had: GET ${api.url('/people/1')} answered ${status}`,
      );
      expect(error.where).to.equal('resources.person.source');
      // Not even asked where a redirect leads to.
      expect(api.requests).to.have.length(1);
    });
  }

  it('cannot be had where nobody answers, and the error has no secrets', async () => {
    const sources = await answer({}, { headers: { authorization: 'secret' } });
    await api.close();
    const error = await failureOf(fetchPeople(sources, ids(1)));
    expect(error.code).to.equal('source_failed');
    expect(error.message).to.match(/\/people\/1 got no answer: .*ECONNREFUSED/);
    expect(`${error.stack}${JSON.stringify(error)}`).not.to.include('secret');
    expect(error.cause).to.equal(undefined);
  });

  for (const [what, script] of [
    ['does not begin to answer', { hang: true }],
    ['breaks off', { destroy: true }],
  ] as const) {
    it(`cannot be had where the application ${what}`, async () => {
      const sources = await answer(script, { timeoutMs: 50 });
      expect((await failureOf(fetchPeople(sources, ids(1)))).code).to.equal('source_failed');
    });
  }

  it('cannot be had where an answer has not ended in time', async () => {
    const server = createServer((_, response) => {
      response.write('{"a":');
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sources = sourcesWith(
      fromHttp({ url: `http://127.0.0.1:${port}/{id}`, timeoutMs: 60, retries: 0 }),
    );
    const error = await failureOf(fetchPeople(sources, ids(1)));
    expect(error.message).to.match(/got no answer: .*60ms/);
    server.closeAllConnections();
    server.close();
  });

  it('are asked for again at once where that may help, as Retry-After says', async () => {
    const sources = await serve(
      (_, n) => (n === 1 ? { status: 503, headers: { 'retry-after': '0' } } : { body: '{}' }),
      { retries: 1 },
    );
    expect(await fetchPeople(sources, ids(1))).to.deep.equal(['{}']);
    expect(api.requests).to.have.length(2);
    await api.close();
    const refused = await answer({ status: 401 }, { retries: 1 });
    await failureOf(fetchPeople(refused, ids(1)));
    expect(api.requests).to.have.length(1);
    await api.close();
    // Nobody waits that long with a page in hand.
    const late = await answer({ status: 503, headers: { 'retry-after': '8' } }, { retries: 1 });
    await failureOf(fetchPeople(late, ids(1)));
    expect(api.requests).to.have.length(1);
  });

  it('are asked for as many at a time as may be', async () => {
    let [underWay, most] = [0, 0];
    const sources = await serve(
      async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await waitUntil(() => most === 3, { what: 'three at a time' });
        await new Promise(setImmediate);
        underWay -= 1;
        return { body: '{}' };
      },
      { concurrency: 3 },
    );
    await fetchPeople(sources, ids(...Array(12).keys()));
    expect(most).to.equal(3);
  });

  it('use a connection again', async () => {
    const sockets = new Set<unknown>();
    const server = createServer((request, response) => {
      sockets.add(request.socket);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sources = sourcesWith(fromHttp({ url: `http://127.0.0.1:${port}/{id}`, concurrency: 2 }));
    await fetchPeople(sources, ids(...Array(20).keys()));
    expect(sockets.size).to.equal(2);
    sources.close();
    const connections = () =>
      new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    // Well before the server itself would end them.
    await waitUntil(async () => (await connections()) === 0, {
      what: 'the connections to end',
      timeoutMs: 2_000,
    });
    server.close();
  });

  const gzip = { 'content-encoding': 'gzip' };
  const large = `"${'x'.repeat(10_000_000)}"`;
  const wrong: ReadonlyArray<readonly [what: string, script: Answer, message: RegExp]> = [
    ['HTML', { body: '<p>', headers: { 'content-type': 'text/html' } }, /3 bytes of text\/html, no encoding/],
    ['nothing', {}, /0 bytes of no type/],
    ['what is not UTF-8', { body: Buffer.from([0x22, 0xe9, 0x22]) }, /without JSON in UTF-8/],
    ['JSON that is packed', { body: gzipSync('{}'), headers: gzip }, /gzip/],
    ['more than 10 MB', { body: large }, /\/people\/1 answered more than 10 MB/],
    [
      'more than 10 MB, without a length',
      { body: large, headers: { 'transfer-encoding': 'chunked' } },
      /10 MB/,
    ],
  ];
  for (const [what, script, message] of wrong) {
    it(`are refused where the application answers with ${what}`, async () => {
      const sources = await answer(script);
      const error = await failureOf(fetchPeople(sources, ids(1)));
      expect(error.code).to.equal('source_invalid');
      expect(error.message).to.match(message);
    });
  }

  it('give up an answer without an end once it is too large', async () => {
    let sent = 0;
    const server = createServer((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_000, 0x20))) sent += 16_000;
        sent += 16_000;
      };
      response.on('drain', more);
      more();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sources = sourcesWith(fromHttp({ url: `http://127.0.0.1:${port}/{id}`, retries: 0 }));
    const error = await failureOf(fetchPeople(sources, ids(1)));
    expect(error.message).to.match(/answered more than 10 MB/);
    expect(sent).to.be.below(40_000_000);
    await new Promise((resolve) => server.close(resolve));
  });

  it('have no member that is named like an excluded column, and are else as they came', async () => {
    const body = '{"id": 1, "tax_id": 2, "n": 9007199254740993, "of": [{"taxId": 3, "note": 4}], "note": 5}';
    const sources = await serve(
      ({ path }) => ({ body: path.startsWith('/people/1') ? body : '{"id": 1.0}' }),
      {},
      {
        exclude: ['tax_id'],
        // Whose record is within, nobody knows: what any table excludes is not shown there.
        others: {
          order: { table: 'orders', exclude: ['note'], fields: { id: { kind: 'column', format: 'text' } } },
        },
      },
    );
    expect(await fetchPeople(sources, ids(1, 2))).to.deep.equal([
      '{"id": 1, "n": 9007199254740993, "of": [{}], "note": 5}',
      '{"id": 1.0}',
    ]);
  });

  it('break all requests off when one fails, or when nobody wants them any more', async () => {
    const script: Script = ({ path }) => (path.startsWith('/people/3') ? { status: 503 } : { hang: true });
    const sources = await serve(script, { retries: 2 });
    expect((await failureOf(fetchPeople(sources, ids(1, 2, 3, 4)))).message).to.match(/answered 503/);
    const stop = new AbortController();
    const fetching = fetchPeople(sources, ids(1, 2), stop.signal);
    await api.waitFor(5);
    stop.abort(new Error('stopped'));
    expect(await fetching.catch(String)).to.equal('Error: stopped');
  });

  it('are not waited for while a request waits for its next try', async () => {
    const sources = await answer({ status: 503, headers: { 'retry-after': '4' } }, { retries: 1 });
    const stop = new AbortController();
    const startedAt = performance.now();
    const fetching = fetchPeople(sources, ids(1), stop.signal);
    await api.waitFor(1);
    stop.abort(new Error('stopped'));
    expect(await fetching.catch(String)).to.equal('Error: stopped');
    expect(performance.now() - startedAt).to.be.below(3_000);
  });

  it('do not come from a server that a key names', () => {
    expect(() => sourcesWith(fromHttp({ url: 'https://{id}.example/' })))
      .to.throw(RowhookError)
      .with.property('code', 'catalog_invalid');
  });
});
