import { expect } from 'chai';
import { signatureOf } from '../../src/wire/signature.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

describe('dispatcher', () => {
  const kit = dispatcherKit();
  const { receiver, start, recorded } = kit;
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });

  it('sends what is due as its dialect has it, records the attempt and logs it in one line', async () => {
    const server = await receiver(() => ({ status: 201, headers: { 'x-seen': 'yes' }, body: 'thanks' }));
    const endpoint = await queue.addEndpoint(db, server.url('/hook?key=1'), { secret: 'topsecret' });
    const payload = '{"id":"412","name":"Zoë \\u0000"}';
    const [id] = await queue.enqueue(db, endpoint, [payload], { requestId: 'abc-123' });
    const { dispatcher, lines } = await start();
    const [request] = await server.waitFor(1);
    await recorded(1);
    await dispatcher.stop();

    expect(request).to.include({ method: 'POST', path: '/hook?key=1' });
    expect(request?.body.toString()).to.equal(payload);
    expect(request?.headers).to.include({
      'content-type': 'application/json',
      'user-agent': 'SiteStacker',
      'sitestacker-event': 'person_update',
      'sitestacker-signature': signatureOf(Buffer.from(payload), 'topsecret'),
      'sitestacker-delivery': id,
      'request-id': 'abc-123',
    });
    const [attempt] = await queue.attempts(db);
    expect(attempt).to.deep.include({
      delivery_id: id,
      number: 1,
      verdict: 'succeeded',
      reason: 'success',
      detail: null,
      response_status: 201,
      response_cut: false,
      due_at: null,
    });
    expect(attempt?.request_headers.flat()).to.deep.equal(request?.rawHeaders);
    expect(attempt?.response_headers).to.deep.include(['x-seen', 'yes']);
    expect(attempt?.response_body?.toString()).to.equal('thanks');
    expect(await queue.count(db, 'delivery')).to.equal(0);

    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({
      msg: 'delivered',
      delivery: id,
      eventName: 'person_update',
      endpoint,
      url: server.url('/hook?key=[hidden]'),
      attempt: 1,
      status: 201,
      reason: 'success',
      verdict: 'succeeded',
    });
    expect(lines[0]).to.include.keys('event', 'durationMs');
    expect(JSON.stringify([lines, attempt])).not.to.include('topsecret');
  });

  it('sends the same bytes under the same id until it is taken', async () => {
    const server = await receiver((_request, n) => ({ status: n < 4 ? 500 : 200 }));
    const endpoint = await queue.addEndpoint(db, server.url(), { secret: 'topsecret' });
    const [id] = await queue.enqueue(db, endpoint);
    const { dispatcher, lines } = await start();
    for (let n = 1; n < 4; n += 1) {
      await recorded(n);
      await queue.retryNow(db);
      dispatcher.wake();
    }
    await recorded(4);
    await dispatcher.stop();
    expect(server.requests).to.have.length(4);
    for (const { body, rawHeaders } of server.requests) {
      expect(body).to.deep.equal(server.requests[0]?.body);
      expect(rawHeaders).to.deep.equal(server.requests[0]?.rawHeaders);
    }
    const attempts = await queue.attempts(db, id);
    expect(attempts.map(({ number, verdict, reason }) => [number, verdict, reason])).to.deep.equal([
      [1, 'retry', 'http_500'],
      [2, 'retry', 'http_500'],
      [3, 'retry', 'http_500'],
      [4, 'succeeded', 'success'],
    ]);
    const [first] = attempts;
    const waitMs = (first?.due_at?.getTime() ?? 0) - (first?.started_at.getTime() ?? 0);
    expect(waitMs).to.be.within(59_900, 65_000);
    expect(lines[0]).to.include({ msg: 'delivery failed', verdict: 'retry', status: 500 });
    expect(lines[0]?.dueAt).to.equal(first?.due_at?.toISOString());
  });

  it('gives up after 11 attempts', async () => {
    const server = await receiver(() => ({ status: 503 }));
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()));
    const { dispatcher, lines } = await start({ dialect: queue.impatient(10, 1) });
    for (let n = 1; n <= 10; n += 1) {
      await recorded(n);
      await queue.retryNow(db);
      dispatcher.wake();
    }
    await recorded(11);
    await dispatcher.stop();
    expect(server.requests).to.have.length(11);
    expect((await queue.attempts(db)).map((each) => each.verdict)).to.deep.equal([
      ...Array(10).fill('retry'),
      'exhausted',
    ]);
    expect(await queue.count(db, 'delivery')).to.equal(0);
    expect(await queue.count(db, 'delivery_waiting')).to.equal(0);
    expect(lines.at(-1)).to.include({
      msg: 'delivery exhausted',
      level: 40,
      attempt: 11,
      reason: 'http_503',
    });
  });

  for (const [what, reason, script] of [
    ['a redirect', 'redirect', () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } })],
    ['a connection that closes', 'connection_reset', () => ({ destroy: true })],
    ['a receiver that hangs', 'timeout', () => ({ hang: true })],
  ] as const) {
    it(`takes ${what} as a failure: ${reason}`, async () => {
      const server = await receiver(script);
      await queue.enqueue(db, await queue.addEndpoint(db, server.url()));
      const { dispatcher } = await start({ options: { timeoutMs: 200 } });
      await recorded(1);
      await dispatcher.stop();
      const [attempt] = await queue.attempts(db);
      expect(attempt).to.include({ verdict: 'retry', reason });
      expect(await queue.count(db, 'delivery_waiting')).to.equal(1);
    });
  }

  it('keeps 64 KiB of an answer with anything in it, and takes it as success', async () => {
    const answer = Buffer.alloc(70_000, '\0\xff{}\\"');
    const server = await receiver(() => ({ body: answer }));
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()));
    const { dispatcher } = await start();
    await recorded(1);
    await dispatcher.stop();
    const [attempt] = await queue.attempts(db);
    expect(attempt).to.include({ verdict: 'succeeded', response_cut: true });
    expect(attempt?.response_body?.equals(answer.subarray(0, 65_536))).to.equal(true);
  });

  it('drops a request id that cannot be a header value, and says so', async () => {
    const server = await receiver();
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()), ['{}'], {
      requestId: 'a\r\nX-Evil: 1',
    });
    const { dispatcher, lines } = await start();
    const [request] = await server.waitFor(1);
    await recorded(1);
    await dispatcher.stop();
    expect(request?.headers).not.to.have.any.keys('request-id', 'x-evil');
    expect(lines.map((line) => line.msg)).to.include('request id dropped: it cannot be a header value');
  });

  it('does not call where it may not', async () => {
    const server = await receiver();
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()));
    const { dispatcher } = await start({ options: { allow: [] } });
    await recorded(1);
    await dispatcher.stop();
    expect((await queue.attempts(db))[0]).to.include({ verdict: 'retry', reason: 'blocked_address' });
    expect(server.requests).to.have.length(0);
  });

  it('ends a delivery whose event is gone', async () => {
    await queue.enqueue(db, await queue.addEndpoint(db, 'http://127.0.0.1:1/'));
    await db.query('delete from rowhook.event');
    const { dispatcher } = await start();
    await recorded(1);
    await dispatcher.stop();
    expect((await queue.attempts(db))[0]).to.include({
      verdict: 'exhausted',
      reason: 'event_gone',
      duration_ms: 0,
    });
  });

  it('ends a delivery whose dialect nobody knows, or that its dialect cannot put into words', async () => {
    await queue.enqueue(db, await queue.addEndpoint(db, 'http://127.0.0.1:1/'));
    const broken = {
      ...queue.impatient(1, 1),
      body: () => {
        throw new Error('no body today');
      },
    };
    const { dispatcher } = await start({ dialect: broken });
    await recorded(1);
    await dispatcher.stop();
    const [attempt] = await queue.attempts(db);
    expect(attempt).to.include({ verdict: 'exhausted', reason: 'invalid_request', detail: 'no body today' });
  });

  it('counts nothing for a delivery whose endpoint was deleted meanwhile', async () => {
    let release = (): void => {};
    const server = await receiver(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return {};
    });
    await queue.enqueue(db, await queue.addEndpoint(db, server.url()));
    const { dispatcher, lines } = await start();
    await server.waitFor(1);
    await db.query('delete from rowhook.delivery');
    await db.query('delete from rowhook.endpoint');
    release();
    await waitUntil(() => lines.length > 0, { what: 'the end of the delivery' });
    await dispatcher.stop();
    expect(lines[0]).to.include({ msg: 'lease lost: attempt not counted', verdict: 'succeeded' });
    expect(await queue.count(db, 'attempt')).to.equal(0);
  });
});
