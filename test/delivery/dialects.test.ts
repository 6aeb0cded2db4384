import { generateKeyPairSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { showDelivery } from '../../src/store/deliveries.ts';
import { type Verified, verify } from '../../src/verify.ts';
import { amplo } from '../../src/wire/amplo.ts';
import type { Dialect } from '../../src/wire/dialect.ts';
import { publicKeyOf } from '../../src/wire/standard-secret.ts';
import type { TestDatabase } from '../support/database.ts';
import type { ReceivedRequest } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const older = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const plain = (headers: IncomingHttpHeaders) => headers as Record<string, string>;
const verified = (dialect: string, { headers, body }: ReceivedRequest, with_: string): Verified =>
  verify({ dialect, headers, body, secret: with_ });

describe('deliveries in a dialect', () => {
  const kit = dispatcherKit();
  const { receiver, recorded } = kit;
  const start = (dialect?: Dialect) => kit.start({ dialect });
  let db: TestDatabase;
  beforeEach(() => {
    db = kit.db();
  });

  it('keep to the dialect of their first attempt, bytes and all, unless it can no longer be spoken', async () => {
    const server = await receiver(() => ({ status: 500 }));
    const endpoint = await queue.addEndpoint(db, server.url(), { secret, dialect: 'standard' });
    await queue.enqueue(db, endpoint, ['{"id":"412"}']);
    const { dispatcher } = await start();
    await recorded(1);
    await db.query(`update rowhook.endpoint set dialect = 'prefix:Acme'`);
    await queue.retryNow(db);
    dispatcher.wake();
    await recorded(2);
    // A secret that Standard Webhooks cannot sign with.
    await db.query(`update rowhook.endpoint set secret = 'plain'`);
    await queue.retryNow(db);
    dispatcher.wake();
    await recorded(3);
    await dispatcher.stop();
    const [first, second, third] = server.requests;
    expect(second?.body).to.deep.equal(first?.body);
    expect(second?.headers['webhook-id']).to.equal(first?.headers['webhook-id']);
    expect(third?.headers).to.have.property('acme-delivery', first?.headers['webhook-id']);
    expect(third?.body.toString()).to.equal('{"id":"412"}');
  });

  describe('standard', () => {
    it('are verified by the published packages, again on a retry, which has the same id and bytes', async () => {
      const server = await receiver((_request, n) => ({ status: n === 1 ? 503 : 200 }));
      const endpoint = await queue.addEndpoint(db, server.url(), { secret, dialect: 'standard' });
      const payload = '{"id":"412","name":"Zoë \\u0000","total":1.50}';
      const [id = ''] = await queue.enqueue(db, endpoint, [payload], { requestId: 'abc-123' });
      const { dispatcher } = await start();
      await recorded(1);
      await queue.retryNow(db);
      dispatcher.wake();
      await recorded(2);
      await dispatcher.stop();

      expect(server.requests).to.have.length(2);
      for (const request of server.requests) {
        for (const Verifier of [Webhook, SvixWebhook]) {
          const told = new Verifier(secret).verify(request.body, plain(request.headers));
          expect(told).to.deep.include({ type: 'person_update', data: JSON.parse(payload) });
        }
        expect(verified('standard', request, secret)).to.include({
          ok: true,
          event: 'person_update',
          deliveryId: id,
          requestId: 'abc-123',
        });
        expect(request.headers).to.include({ 'webhook-id': id, 'user-agent': 'rowhook' });
        expect(request.body).to.deep.equal(server.requests[0]?.body);
      }
      const { rows } = await db.query<{ at: Date }>('select changed_at as at from rowhook.event');
      expect(server.requests[0]?.body.toString()).to.equal(
        `{"type":"person_update","timestamp":"${rows[0]?.at.toISOString()}","data":${payload}}`,
      );
      const { attempts } = await showDelivery(db.pool, id);
      for (const [index, attempt] of attempts.entries()) {
        expect(attempt).to.include({ dialect: 'standard', requestBody: server.requests[0]?.body.toString() });
        expect(attempt.requestHeaders.flat()).to.deep.equal(server.requests[index]?.rawHeaders);
      }
      expect(JSON.stringify(attempts)).not.to.include(secret.slice(8));
    });

    it('carry the time of the attempt, which a retry has anew', async () => {
      const server = await receiver(() => ({ status: 500 }));
      const endpoint = await queue.addEndpoint(db, server.url(), { secret, dialect: 'standard' });
      await queue.enqueue(db, endpoint);
      const { dispatcher } = await start();
      await recorded(1);
      const sentAt = () => Number(server.requests.at(-1)?.headers['webhook-timestamp']);
      const first = sentAt();
      expect(first).to.be.closeTo(Date.now() / 1_000, 5);
      await waitUntil(() => Date.now() / 1_000 >= first + 1, { what: 'the next second' });
      await queue.retryNow(db);
      dispatcher.wake();
      await recorded(2);
      await dispatcher.stop();
      expect(sentAt()).to.be.greaterThan(first);
    });

    it('are signed with every secret that is valid, the present one first, and ed25519 ones too', async () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
      const own = `whsk_${seed.toString('base64')}`;
      const server = await receiver();
      const endpoint = await queue.addEndpoint(db, server.url(), { secret, dialect: 'standard' });
      const hours = (n: number) => new Date(Date.now() + n * 3_600_000).toISOString();
      await db.query('update rowhook.endpoint set old_secrets = $1', [
        JSON.stringify([
          { secret: own, validUntil: hours(1) },
          { secret: 'of another dialect', validUntil: hours(1) },
          { secret: older, validUntil: hours(-1) },
        ]),
      ]);
      await queue.enqueue(db, endpoint);
      const { dispatcher } = await start();
      await recorded(1);
      await dispatcher.stop();
      const [request] = server.requests as [ReceivedRequest];
      expect(request.headers['webhook-signature']).to.match(/^v1,\S{44} v1a,\S{88}$/);
      expect(verified('standard', request, secret).ok).to.equal(true);
      expect(verified('standard', request, publicKeyOf(own) ?? '').ok).to.equal(true);
      expect(verified('standard', request, older)).to.include({ ok: false, step: 'signature' });
    });

    for (const [what, stored, detail] of [
      ['one that is not its own form', 'topsecret', /^the endpoint's secret is not "whsec_"/],
      ['none', null, /^the endpoint's secret is missing/],
    ] as const) {
      it(`are not sent with a secret that is ${what}`, async () => {
        const server = await receiver();
        const endpoint = await queue.addEndpoint(db, server.url(), { secret: stored, dialect: 'standard' });
        await queue.enqueue(db, endpoint);
        const { dispatcher, lines } = await start();
        await recorded(1);
        await dispatcher.stop();
        const [attempt] = await queue.attempts(db);
        expect(attempt).to.include({ verdict: 'exhausted', reason: 'secret_invalid' });
        expect(attempt?.detail).to.match(detail);
        expect(JSON.stringify([attempt, lines])).not.to.include('topsecret');
        expect(server.requests).to.have.length(0);
      });
    }
  });

  describe('amplo', () => {
    /** No certificate of a test's is trusted; TLS itself is the sender's, and the same for all. */
    const overHttp: Dialect = { ...amplo, requiresTls: false };

    it('are the bare document with a content type, and nothing else on the wire', async () => {
      const server = await receiver();
      const document = '{"data":{"id":"7","type":"donations","attributes":{"amount":12.5}}}';
      await queue.enqueue(db, await queue.addEndpoint(db, server.url('/hook')), [document], {
        requestId: 'abc',
      });
      const { dispatcher } = await start(overHttp);
      await recorded(1);
      await dispatcher.stop();
      const [request] = server.requests;
      expect(request?.body.toString()).to.equal(document);
      expect(request?.rawHeaders).to.deep.equal([
        'host',
        `127.0.0.1:${server.port}`,
        'connection',
        'keep-alive',
        'Content-Type',
        'application/json',
        'content-length',
        String(document.length),
      ]);
    });

    it('are signed as Standard Webhooks where there is a secret', async () => {
      const server = await receiver();
      await queue.enqueue(db, await queue.addEndpoint(db, server.url(), { secret }), ['{"data":{}}']);
      const { dispatcher } = await start(overHttp);
      await recorded(1);
      await dispatcher.stop();
      const [request] = server.requests as [ReceivedRequest];
      expect(new Webhook(secret).verify(request.body, plain(request.headers))).to.deep.equal({ data: {} });
      expect(verified('amplo', request, secret).ok).to.equal(true);
      expect(request.headers).not.to.have.any.keys('user-agent', 'request-id');
    });

    it('are never sent without TLS', async () => {
      const server = await receiver();
      await queue.enqueue(db, await queue.addEndpoint(db, server.url(), { dialect: 'amplo' }));
      const { dispatcher } = await start();
      await recorded(1);
      await dispatcher.stop();
      expect((await queue.attempts(db))[0]).to.include({ verdict: 'exhausted', reason: 'tls_required' });
      expect(server.requests).to.have.length(0);
    });
  });

  it('with a prefix carry headers of that name, and are verified by it', async () => {
    const server = await receiver();
    const dialect = 'prefix:Acme Acme-Webhooks/2.0';
    const endpoint = await queue.addEndpoint(db, server.url(), { secret: 'topsecret', dialect });
    const [id = ''] = await queue.enqueue(db, endpoint, ['{"id":"7"}'], { requestId: 'abc-123' });
    const { dispatcher } = await start();
    await recorded(1);
    await dispatcher.stop();
    const [request] = server.requests as [ReceivedRequest];
    expect(request.headers).to.include({
      'user-agent': 'Acme-Webhooks/2.0',
      'acme-event': 'person_update',
      'acme-delivery': id,
      'request-id': 'abc-123',
    });
    expect(request.body.toString()).to.equal('{"id":"7"}');
    expect(verified(dialect, request, 'topsecret')).to.include({
      ok: true,
      event: 'person_update',
      deliveryId: id,
    });
    expect(verified('site-stacker', request, 'topsecret')).to.include({ step: 'header' });
    expect((await showDelivery(db.pool, id)).attempts[0]).to.include({ dialect, requestBody: '{"id":"7"}' });
  });

  for (const [what, value, seconds] of [
    ['seconds', () => '120', 120],
    ['a date', () => new Date(Date.now() + 600_000).toUTCString(), 600],
  ] as const) {
    it(`that hears the receiver waits as long as it asks in ${what}, and Site Stacker's its minute`, async () => {
      const server = await receiver(() => ({ status: 429, headers: { 'retry-after': value() } }));
      for (const more of [{ secret, dialect: 'standard' }, { dialect: 'site-stacker' }])
        await queue.enqueue(db, await queue.addEndpoint(db, server.url(), more));
      const { dispatcher } = await start();
      await recorded(2);
      await dispatcher.stop();
      const { rows } = await db.query<{ dialect: string; due: number; waits: number }>(
        `select dialect, extract(epoch from attempt.due_at - started_at)::float8 as due,
                extract(epoch from waiting.due_at - started_at)::float8 as waits
           from rowhook.attempt join rowhook.delivery_waiting as waiting on waiting.id = delivery_id
          order by dialect desc`,
      );
      expect(rows.map((row) => row.dialect)).to.deep.equal(['standard', 'site-stacker']);
      // A date has no parts of a second.
      expect(rows[0]?.due).to.be.within(seconds - 1, seconds + 5);
      expect(rows[0]?.waits).to.equal(rows[0]?.due);
      // When it began is known by an estimate of the database's clock.
      expect(rows[1]?.due).to.be.within(59.5, 65);
    });
  }
});
