import { expect } from 'chai';
import { pino } from 'pino';
import {
  createDaemon,
  createEndpoint,
  type EndpointInput,
  listDeliveries,
  resolveConfig,
  showDelivery,
} from '../../src/index.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { freePort } from '../../tools/free-port.ts';
import { type RawServer, startRawServer } from '../delivery/raw-server.ts';
import { selfSigned } from '../delivery/self-signed.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import { createRole } from '../support/database.ts';
import { type ReceivedRequest, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';

const secrets = {
  signing: 's3cret-that-signs',
  authorization: 't0ken-of-the-header',
  key: 'k3y-of-a-header-of-no-known-name',
  query: 't0ken-of-the-query',
  proxyUser: 'us3r-of-the-proxy',
  proxyPassword: 'p4ssword-of-the-proxy',
  database: 'p4ssword-of-the-database',
};
const proxyCredentials = Buffer.from(`${secrets.proxyUser}:${secrets.proxyPassword}`).toString('base64');
/** Each as it is, and in what it becomes on its way. */
const forbidden = [
  ...Object.values(secrets),
  proxyCredentials,
  ...selfSigned.key.split('\n').filter((line) => line.length > 40),
];
const found = (text: string, ...more: string[]): string[] =>
  [...forbidden, ...more].filter((secret) => text.includes(secret));

/** What a developer sees where something went wrong, and whoever reads the log of attempts. */
const repeated = ({ path, headers }: ReceivedRequest): string => JSON.stringify({ path, headers });

describe('secrets', function () {
  this.timeout(60_000);

  it('are in no log line and no attempt, whatever goes wrong', async () => {
    const catalog = siteStacker();
    const db = await capturedCrm();
    // Another password than that of everybody.
    const { name, url } = await createRole(db, 'daemon');
    await db.query(`alter role ${name} superuser`);
    const { password } = new URL(url);
    const lines: string[] = [];
    const daemon = createDaemon({
      config: resolveConfig({ database: url, catalog, delivery: { allow: ['127.0.0.1', 'localhost'] } }),
      log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
    });
    const echo = await startReceiver((request) => ({
      status: 500,
      headers: { location: `http://127.0.0.1${request.path}`, 'x-echo': repeated(request) },
      body: repeated(request),
    }));
    const taking = await startReceiver((request) => ({
      headers: { 'set-cookie': 'a=b' },
      body: repeated(request),
    }));
    const raw: RawServer[] = [
      await startRawServer((socket) => socket.end('220 mail.example ESMTP\r\n')),
      await startRawServer((socket) => socket.resetAndDestroy()),
      // A proxy that lets nobody through, and repeats who asked.
      await startRawServer((socket) =>
        socket.end(`HTTP/1.1 407 ${proxyCredentials}\r\nContent-Length: 5\r\n\r\n${secrets.proxyPassword}`),
      ),
    ];
    const [talking, resetting, proxy] = raw.map(({ port }) => port);
    const closed = await freePort();
    const query = `?token=${secrets.query}`;
    const through = (port: number | undefined) => ({
      proxy: `http://${secrets.proxyUser}:${secrets.proxyPassword}@127.0.0.1:${port}`,
    });
    const mutual = { clientCertificate: selfSigned.cert, clientKey: selfSigned.key };
    const endpoints: readonly (readonly [reason: string, where: string, more?: Partial<EndpointInput>])[] = [
      ['success', taking.url(`/taken${query}`)],
      ['http_500', echo.url(`/echo${query}`)],
      ['connection_refused', `http://127.0.0.1:${closed}/refused${query}`],
      ['invalid_response', `http://127.0.0.1:${talking}/invalid${query}`],
      ['connection_reset', `http://127.0.0.1:${resetting}/reset${query}`],
      ['tls_failed', `https://localhost:${talking}/tls${query}`, mutual],
      ['blocked_address', `https://10.0.0.1/blocked${query}`, mutual],
      ['https_required', `http://8.8.8.8/plain${query}`],
      ['port_blocked', `https://8.8.8.8:25/port${query}`],
      ['proxy_failed', `http://127.0.0.1:${closed}/proxied${query}`, through(proxy)],
      ['proxy_failed', `http://127.0.0.1:${closed}/unproxied${query}`, through(closed)],
    ];

    try {
      for (const [, where, more] of endpoints) {
        await createEndpoint(db.pool, catalog, {
          url: where,
          events: ['*'],
          secret: secrets.signing,
          headers: [
            ['Authorization', `Bearer ${secrets.authorization}`],
            ['X-Key', secrets.key],
          ],
          ...more,
        });
      }
      await daemon.start();
      const attempts = async () =>
        (
          await db.query<{ reason: string; url: string; all: string }>(
            `select reason, url, attempt::text || convert_from(coalesce(response_body, ''), 'UTF8') as all from rowhook.attempt attempt`,
          )
        ).rows;
      await waitUntil(async () => (await attempts()).length >= endpoints.length, {
        what: 'an attempt for each endpoint',
        timeoutMs: 30_000,
      });
      // While it is at work, all its connections go.
      await db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'rowhook'`,
      );
      await waitUntil(() => lines.some((line) => line.includes('a connection was lost')), {
        what: 'the loss',
      });

      const made = await attempts();
      // They came where they belong, or the rest would prove nothing.
      const [request] = taking.requests;
      expect(request?.path).to.equal(`/taken${query}`);
      expect(request?.headers).to.include({
        authorization: `Bearer ${secrets.authorization}`,
        'x-key': secrets.key,
      });
      expect(raw[2]?.received()).to.contain(proxyCredentials);
      expect(made.map(({ reason }) => reason)).to.include.members(endpoints.map(([reason]) => reason));
      expect(made.map((attempt) => attempt.url)).to.include(taking.url('/taken?token=[hidden]'));

      for (const { reason, all } of made) expect(found(all), `attempt: ${reason}`).to.deep.equal([]);
      for (const line of lines) expect(found(line, password), line.slice(0, 300)).to.deep.equal([]);
      // The driver hangs its whole client on the error of a connection.
      const loss = lines.find((line) => line.includes('a connection was lost')) ?? '{}';
      const known = ['type', 'message', 'stack', 'code', 'severity', 'routine', 'syscall'];
      expect(Object.keys(JSON.parse(loss).err).filter((key) => !known.includes(key))).to.deep.equal([]);
      const told = await listDeliveries(db.pool, { limit: 100 });
      const shown = await Promise.all(told.deliveries.map(({ id }) => showDelivery(db.pool, id)));
      // A ping tells its receiver where it goes: that is what it is for.
      const withoutBodies = JSON.stringify([told, shown], (key, value) =>
        /body|payload/i.test(key) ? undefined : value,
      );
      expect(found(withoutBodies)).to.deep.equal([]);
    } finally {
      await daemon.stop('abort');
      await Promise.all([echo.close(), taking.close(), ...raw.map((server) => server.close())]);
    }
  });

  it('are in no error of what cannot be registered, and of a daemon that cannot start', async () => {
    const catalog = siteStacker();
    const db = await capturedCrm();
    const good = { url: 'https://a.example/', events: ['*'] };
    const key = secrets.key;
    const wrong: readonly EndpointInput[] = [
      { ...good, url: `https://user:${secrets.query}@a.example/` },
      { ...good, url: `nonsense?token=${secrets.query}` },
      { ...good, url: `ftp://a.example/?token=${secrets.query}` },
      { ...good, url: `https://a.example:0/?token=${secrets.query}` },
      { ...good, secret: secrets.signing, dialect: 'standard' },
      { ...good, secret: `${secrets.signing}\0` },
      { ...good, headers: [['X-A', `${key}\r\nX-B: 1`]] },
      { ...good, headers: [['Host', key]] },
      { ...good, headers: [['X-A', `${key}ü`]] },
      { ...good, proxy: `http://${secrets.proxyUser}:${secrets.proxyPassword}%@a.example/` },
      { ...good, proxy: `socks5://${secrets.proxyUser}:${secrets.proxyPassword}@a.example/` },
      { ...good, proxy: `http://${secrets.proxyUser}:${secrets.proxyPassword}` },
      { ...good, clientCertificate: selfSigned.key, clientKey: selfSigned.key },
      { ...good, clientKey: selfSigned.key },
      { ...good, clientCertificate: selfSigned.cert, clientKey: `${selfSigned.key.slice(0, 120)}x` },
    ];
    const errors = wrong.map((input) =>
      createEndpoint(db.pool, catalog, input).then(
        () => expect.fail(`${Object.keys(input)}: registered`),
        (error: unknown) => error as Error,
      ),
    );
    const lost = new URL(db.url);
    lost.password = secrets.database;
    lost.port = String(await freePort());
    const log = pino({ level: 'silent' });
    errors.push(
      createDaemon({ config: resolveConfig({ database: lost.href, catalog }), log })
        .start()
        .then(
          () => expect.fail('started'),
          (error: unknown) => error as Error,
        ),
    );
    for (const error of await Promise.all(errors)) {
      const { message, stack, cause } = error;
      const all = [message, stack, String(cause), JSON.stringify(error)].join('\n');
      expect(found(all), message).to.deep.equal([]);
    }
  });
});
