import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { pino } from 'pino';
import { createDispatcher } from '../../src/delivery/dispatcher.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createEndpoint } from '../../src/store/endpoints.ts';
import { createSealer } from '../../src/store/sealer.ts';
import { type Verified, verify } from '../../src/verify.ts';
import { dialectNamed } from '../../src/wire/dialects.ts';
import { authority, client, server as localhost } from './certificates.ts';
import { startConnectProxy } from './connect-proxy.ts';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

interface Seen {
  /** Of the certificate that the caller showed. */
  readonly name: string | string[] | undefined;
  /** The header that the endpoint is to get. */
  readonly team: string | string[] | undefined;
  /** What the receiver's own verification says. */
  readonly verified: Verified;
  readonly body: string;
}

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const sealer = createSealer([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);

describe('a delivery to an endpoint with everything of its own, all that is secret sealed', () => {
  const kit = dispatcherKit();

  /** Lets nobody in who has no certificate of the authority. */
  const startServer = async (seen: Seen[]): Promise<number> => {
    const options = { ...localhost, ca: authority, requestCert: true, rejectUnauthorized: true };
    const server: Server = createServer(options, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const name = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
      const verified = verify({ dialect: 'standard', secret, headers: request.headers, body });
      seen.push({ name, team: request.headers['x-team'], verified, body: body.toString() });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    kit.closing.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  it('goes through its proxy, trusts its authority, shows its certificate and is signed', async () => {
    const db = kit.db();
    const seen: Seen[] = [];
    const port = await startServer(seen);
    const proxy = await startConnectProxy();
    kit.closing.push(() => proxy.close());
    const input = {
      url: `https://localhost:${port}/hook`,
      events: ['person_update'],
      dialect: 'standard',
      secret,
      headers: [['X-Team', 'crm']] as Array<[string, string]>,
      clientCertificate: client.cert,
      clientKey: client.key,
      ca: authority,
      proxy: `http://me:hunter2@127.0.0.1:${proxy.port}`,
    };
    const { id } = await createEndpoint(db.pool, siteStacker(), input, { sealer });
    const { rows } = await db.query<Record<string, string>>(
      'select secret, headers, client_key, proxy from rowhook.endpoint where id = $1',
      [id],
    );
    for (const [column, text] of Object.entries(rows[0]!)) {
      expect(text, column).to.match(/^sealed:v1:k1:/);
    }
    const deliveries = await queue.enqueue(db, id, ['{"id":"412"}', '{"id":"413"}']);
    const dispatcher = createDispatcher({
      pool: db.pool,
      log: pino({ level: 'silent' }),
      dialectOf: (name) => dialectNamed(name ?? 'site-stacker'),
      sealer,
      options: { timeoutMs: 10_000, pollMs: 50, allow: ['127.0.0.0/8', 'localhost'] },
    });
    kit.closing.push(() => dispatcher.stop('abort'));
    await dispatcher.start();
    await kit.recorded(deliveries.length);
    await dispatcher.stop();
    const made = (await queue.attempts(db)).filter((each) => deliveries.includes(each.delivery_id));
    expect(made.map(({ verdict, reason, detail }) => [verdict, reason, detail])).to.deep.equal(
      deliveries.map(() => ['succeeded', 'success', null]),
    );
    const data = seen.filter(({ body }) => body.includes('"id":"41'));
    expect(data.map(({ name, team }) => [name, team])).to.deep.equal(
      deliveries.map(() => ['rowhook', 'crm']),
    );
    expect(data.map(({ verified }) => verified.ok && verified.deliveryId)).to.have.members(deliveries);
    const ways = proxy.asked.map(({ target, headers }) => [target, headers['proxy-authorization']]);
    const way = [`127.0.0.1:${port}`, `Basic ${Buffer.from('me:hunter2').toString('base64')}`];
    expect(ways).to.deep.include(way);
    expect(new Set(ways.map(String)).size).to.equal(1);
  });
});
