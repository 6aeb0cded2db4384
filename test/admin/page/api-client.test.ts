import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type Api, ApiProblem, createApi, queryText } from '../../../admin/data/api-client.ts';

describe("the page's client of the API", () => {
  let server: Server;
  let origin: string;
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  let signedOut = 0;
  let api: Api;

  before(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      answer(request, response, body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    api = createApi({
      base: '/hooks',
      fetch: (url, init) => fetch(origin + url, init),
      signedOut: () => {
        signedOut += 1;
      },
    });
  });
  beforeEach(() => {
    signedOut = 0;
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  const problemOf = async (work: Promise<unknown>): Promise<ApiProblem> => {
    const found = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(found).to.be.instanceOf(ApiProblem);
    return found as ApiProblem;
  };
  const refuse = (status: number, body: string, headers: Record<string, string> = {}) => {
    answer = (_, response) => void response.writeHead(status, headers).end(body);
  };

  it('asks below the base, with a query without what is empty', async () => {
    answer = (request, response) =>
      void response.end(JSON.stringify({ url: request.url, method: request.method }));
    expect(await api.get('/deliveries', { state: 'due', text: '', before: null, limit: 0 })).to.deep.equal({
      url: '/hooks/api/v1/deliveries?state=due&limit=0',
      method: 'GET',
    });
    expect(queryText({})).to.equal('');
  });

  it('changes with the header that no other site can send, and with the version that it is based on', async () => {
    answer = ({ headers, method }, response, body) =>
      void response.end(
        JSON.stringify([method, headers['x-rowhook'], headers['if-match'], headers['content-type'], body]),
      );
    expect(await api.patch('/endpoints/4', { url: 'u' }, { version: '7' })).to.deep.equal([
      'PATCH',
      '1',
      '"7"',
      'application/json',
      '{"url":"u"}',
    ]);
    expect(await api.delete('/session')).to.deep.equal(['DELETE', '1', null, null, '']);
  });

  it('gives nothing for an answer without a body', async () => {
    refuse(204, '');
    expect(await api.post('/deliveries/x/redeliver')).to.equal(undefined);
  });

  it('rejects with the problem of the server', async () => {
    refuse(
      412,
      JSON.stringify({
        status: 412,
        code: 'version_conflict',
        detail: 'Changed meanwhile.',
        fix: 'Load it anew.',
      }),
    );
    const { problem, message } = await problemOf(api.patch('/endpoints/4', {}));
    expect(problem).to.include({ code: 'version_conflict', fix: 'Load it anew.' });
    expect(message).to.equal('Changed meanwhile.');
  });

  it('tells for how long nothing should be tried', async () => {
    refuse(429, JSON.stringify({ code: 'too_many', detail: 'Too many.' }), { 'retry-after': '20' });
    expect((await problemOf(api.post('/session', {}))).retryAfterSeconds).to.equal(20);
  });

  it('says that a session ended, but not when it is a sign-in that failed', async () => {
    refuse(401, JSON.stringify({ code: 'not_signed_in', detail: 'Nobody.' }));
    await problemOf(api.get('/overview'));
    expect(signedOut).to.equal(1);
    await problemOf(api.post('/session', { token: 'x' }));
    expect(signedOut).to.equal(1);
  });

  it('never shows what something in between answers', async () => {
    refuse(502, '<h1>Bad gateway</h1>');
    const bad = await problemOf(api.get('/overview'));
    expect(bad.problem).to.include({ code: 'unexpected_answer', status: 502 });
    expect(bad.message).not.to.contain('gateway');
    refuse(200, '<h1>Sign in to the WiFi</h1>');
    expect((await problemOf(api.get('/overview'))).problem.code).to.equal('unexpected_answer');
    refuse(400, '{"error":"x"}');
    expect((await problemOf(api.get('/overview'))).problem.code).to.equal('unexpected_answer');
  });

  it('says that there is no answer, and rejects with its own error when it was broken off', async () => {
    answer = (_, response) => void response.destroy();
    expect((await problemOf(api.get('/overview'))).problem).to.include({ code: 'no_answer', status: 0 });
    answer = () => stop.abort();
    const stop = new AbortController();
    const error = await api.get('/overview', {}, { signal: stop.signal }).catch((found: Error) => found);
    expect(error).to.include({ name: 'AbortError' });
  });
});
