import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { DaemonProcess } from '../../examples/demo/daemon.ts';
import { createEndpoint, newSecret } from '../../src/index.ts';
import { amplo } from '../../src/presets/amplo.ts';
import { selfSigned } from '../delivery/self-signed.ts';
import { amploShape, capturedAmplo, sample } from '../fixtures/amplo.ts';
import type { TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

interface Arrived {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** In the order in which they came. */
  readonly names: readonly string[];
  readonly body: string;
}

/*
 * The whole path over real TLS: Node trusts further certificates from its start only, so the daemon is a process of its own. The
 * lines of the specification are quoted where their tests begin.
 */
describe('amplo: from the row to the receiver', function () {
  this.timeout(60_000);
  let db: TestDatabase;
  let folder: string;
  let server: Server;
  let url: string;
  let daemon: DaemonProcess;
  let status: number;
  const arrived: Arrived[] = [];

  beforeEach(async () => {
    status = 200;
    arrived.length = 0;
    db = await capturedAmplo();
    folder = await mkdtemp(join(tmpdir(), 'rowhook-amplo-'));
    await writeFile(join(folder, 'receiver.crt'), selfSigned.cert);
    await writeFile(
      join(folder, 'rowhook.config.json'),
      JSON.stringify({ catalog: 'amplo', delivery: { allow: ['localhost'] } }),
    );
    server = createServer(selfSigned, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      arrived.push({
        ...{ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() },
        names: request.rawHeaders.filter((_, i) => i % 2 === 0),
      });
      const [, wanted] = /answer\/(\d+)$/.exec(request.url ?? '') ?? [];
      response.writeHead(Number(wanted ?? status), { Location: `${url}/elsewhere` }).end();
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    url = `https://localhost:${(server.address() as AddressInfo).port}`;
    daemon = new DaemonProcess(new URL(`file://${folder}/rowhook.config.json`), {
      ROWHOOK_DATABASE_URL: db.url,
      NODE_EXTRA_CA_CERTS: join(folder, 'receiver.crt'),
    });
  });
  afterEach(async () => {
    await daemon.stop();
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  });

  const register = (tenant: string, secret: string | null = null) =>
    createEndpoint(db.pool, amplo(), { url: `${url}/${tenant}`, events: ['*'], tenant, secret });
  const markGift = () =>
    db.query('update donations set deleted_at = to_timestamp(1510000000) where id = $1', [sample.gift]);
  const arrivals = async (count: number): Promise<readonly Arrived[]> => {
    const enough = () => arrived.length >= count;
    await Promise.race([waitUntil(enough, { what: `${count} arrivals`, timeoutMs: 30_000 }), daemon.failed]);
    return arrived;
  };
  const attempts = (count: number) =>
    waitUntil(
      async () => {
        const { rows } = await db.query<{ verdict: string; status: number; seconds: number | null }>(
          `select verdict, response_status as status, extract(epoch from due_at - started_at)::float as seconds
             from rowhook.attempt`,
        );
        return rows.length >= count && rows;
      },
      { what: `${count} attempts`, timeoutMs: 30_000 },
    );

  // "None are documented: Content-Type: application/json only, no event header; a signature is off unless a secret is set"
  it('an unsigned delivery has a content type, a body, and nothing else', async () => {
    await register(sample.university);
    await markGift();
    const [delivery] = await arrivals(1);
    expect(delivery!.body).to.equal(await amploShape('amplo_deleted'));
    // The first two and the last are those of every request.
    expect(delivery!.names).to.deep.equal(['host', 'connection', 'Content-Type', 'content-length']);
    expect(delivery!.headers['content-type']).to.equal('application/json');
    expect(await attempts(1)).to.deep.equal([{ verdict: 'succeeded', status: 200, seconds: null }]);
  });

  // "(chosen: then the Standard Webhooks headers)"
  it('a signed one has the headers of Standard Webhooks besides, and its library says it is genuine', async () => {
    const secret = newSecret('amplo');
    await register(sample.university, secret);
    await markGift();
    const [delivery] = await arrivals(1);
    expect(delivery!.names.slice(2, -1)).to.have.members([
      ...['Content-Type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'],
    ]);
    const verified = new Webhook(secret).verify(delivery!.body, delivery!.headers as Record<string, string>);
    expect(verified).to.deep.equal(JSON.parse(await amploShape('amplo_deleted')));
  });

  // "answer exactly 200 OK: 201, 204 or 302 is a failure" "without redirection"
  it('201, 202, 204 and every redirection are failures, which are tried again and lead nowhere else', async () => {
    const answers = [200, 201, 202, 204, 301, 302, 303, 307, 308];
    for (const answer of answers) {
      await createEndpoint(db.pool, amplo(), {
        ...{ url: `${url}/answer/${answer}`, events: ['*'], tenant: sample.university },
      });
    }
    await markGift();
    await arrivals(answers.length);
    const rows = await attempts(answers.length);
    expect(rows.map(({ status, verdict }) => [status, verdict])).to.have.deep.members(
      answers.map((answer) => [answer, answer === 200 ? 'succeeded' : 'retry']),
    );
    expect((await db.query('select from rowhook.delivery_waiting')).rowCount).to.equal(8);
    expect(arrived.map(({ path }) => path)).to.have.members(answers.map((answer) => `/answer/${answer}`));
  });

  // "Not documented: the project's default schedule (chosen)"
  it('what failed comes again by the default schedule, in the same bytes', async () => {
    status = 204;
    await register(sample.university);
    await markGift();
    await arrivals(1);
    const [failed] = await attempts(1);
    expect(failed!.seconds).to.be.within(4, 6.5);
    status = 200;
    const [first, second] = await arrivals(2);
    expect(second!.body).to.equal(first!.body);
  });

  // "one endpoint receives only its own Entity's objects"
  it('each entity gets its own at its own URL', async () => {
    await register(sample.university);
    await register(sample.school);
    await db.query(`update campaigns set name = name || '!'`);
    await db.query(`update donations set note = 'n'`);
    await arrivals(9);
    const ids = (tenant: string) =>
      arrived.filter(({ path }) => path === `/${tenant}`).map(({ body }) => JSON.parse(body).data.id);
    expect(ids(sample.school)).to.have.members([sample.books, '5f0c1d2e3a4b5c6d7e8f9017']);
    expect(ids(sample.university)).to.have.length(7).and.not.to.include.members(ids(sample.school));
    expect(arrived).to.have.length(9);
  });
});

describe('amplo: registering endpoints', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await capturedAmplo();
  });

  const refusal = (input: object): Promise<{ code: string; message: string }> =>
    createEndpoint(db.pool, amplo(), { events: ['*'], ...input } as never).then(
      () => ({ code: 'none', message: 'it was created' }),
      (error) => error,
    );

  // "TLS is required: an http: URL is refused when the endpoint is created"
  it('refuses an http: URL, and creates nothing', async () => {
    const error = await refusal({ url: 'http://receiver.example/', tenant: sample.school });
    expect(error.code).to.equal('endpoint_invalid');
    expect(error.message).to.match(/https only/);
    expect((await db.query('select from rowhook.endpoint')).rowCount).to.equal(0);
  });

  // "The URL is registered per Entity"
  it('asks whose it is', async () => {
    const error = await refusal({ url: 'https://receiver.example/' });
    expect(error.code).to.equal('endpoint_invalid');
    expect(error.message).to.match(/does not say whose it is/);
  });

  it('sends no ping', async () => {
    await createEndpoint(db.pool, amplo(), {
      ...{ url: 'https://receiver.example/', events: ['*'], tenant: sample.school },
    });
    expect((await db.query('select from rowhook.delivery')).rowCount).to.equal(0);
    expect((await db.query('select from rowhook.event')).rowCount).to.equal(0);
  });
});
