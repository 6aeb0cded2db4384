import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Sent } from '../../src/delivery/exchange.ts';
import { parseAllowList, type Resolve } from '../../src/delivery/guard.ts';
import { createSender, type Sender } from '../../src/delivery/send.ts';
import { freePort } from '../../tools/free-port.ts';
import { type Receiver, type Script, startReceiver } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { startRawServer } from './raw-server.ts';
import { selfSigned } from './self-signed.ts';

const body = Buffer.from('{"id":"412"}');
const headers = [
  ['Content-Type', 'application/json'],
  ['SiteStacker-Event', 'person_update'],
] as const;

describe('sending', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const sender = (options: { timeoutMs?: number; allow?: string[]; resolve?: Resolve } = {}): Sender => {
    const { timeoutMs = 5_000, allow = ['127.0.0.0/8', 'localhost'], ...rest } = options;
    const made = createSender({ allow: parseAllowList(allow), timeoutMs, connections: 4, ...rest });
    closing.push(() => made.close());
    return made;
  };
  const receiver = async (script?: Script): Promise<Receiver> => {
    const made = await startReceiver(script);
    closing.push(() => made.close());
    return made;
  };
  const raw = async (onRequest: (socket: Socket) => void) => {
    const made = await startRawServer(onRequest);
    closing.push(() => made.close());
    return made;
  };
  const listen = async (server: Server): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  const post = (url: string, by: Sender = sender()): Promise<Sent> => by.send(url, headers, body);

  it('makes one POST with exactly these headers and bytes, and reports them as they went', async () => {
    const server = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const sent = await post(server.url('/hook?key=1'));
    const lines = sent.requestHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    expect(server.received()).to.equal(`POST /hook?key=1 HTTP/1.1\r\n${lines}\r\n${body}`);
    expect(sent.requestHeaders).to.deep.equal([
      ['host', `127.0.0.1:${server.port}`],
      ['connection', 'keep-alive'],
      ...headers,
      ['content-length', '12'],
    ]);
  });

  it('returns status, headers in their order, body and times of the answer', async () => {
    const server = await raw((socket) =>
      socket.end(
        'HTTP/1.1 201 Created\r\nX-B: 2\r\nX-A: 1\r\nX-A: caf\xe9\r\nContent-Length: 4\r\n\r\ndone',
        'latin1',
      ),
    );
    const before = Date.now();
    const sent = await post(server.url());
    expect(sent).to.include({ status: 201, responseCut: false, failure: undefined });
    expect(sent.responseHeaders).to.deep.equal([
      ['X-B', '2'],
      ['X-A', '1'],
      ['X-A', 'café'],
      ['Content-Length', '4'],
    ]);
    expect(sent.responseBody?.toString()).to.equal('done');
    expect(sent.startedAt.getTime()).to.be.within(before, Date.now());
    expect(sent.durationMs).to.be.within(0, 5_000);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`does not follow a ${status}`, async () => {
      const other = await receiver();
      const first = await receiver(() => ({ status, headers: { location: other.url('/elsewhere') } }));
      expect(await post(first.url())).to.include({ status, failure: undefined });
      expect(other.requests).to.have.length(0);
    });
  }

  it('takes a status of 500 as an answer like any other', async () => {
    const server = await receiver(() => ({ status: 500, body: 'oops' }));
    const sent = await post(server.url());
    expect(sent).to.include({ status: 500, failure: undefined });
    expect(sent.responseBody?.toString()).to.equal('oops');
  });

  it('skips interim answers', async () => {
    const server = await raw((socket) =>
      socket.end(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\nX-Last: 1\r\n\r\n',
      ),
    );
    const sent = await post(server.url());
    expect(sent.status).to.equal(204);
    expect(sent.responseHeaders).to.deep.equal([['X-Last', '1']]);
  });

  it('keeps the connection for the next request', async () => {
    const server = createServer((_request, response) => response.end());
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    const url = await listen(server);
    const by = sender();
    for (let n = 0; n < 5; n += 1) expect((await post(url, by)).status).to.equal(200);
    expect(connections).to.equal(1);
  });

  describe('reads 64 KiB of an answer', () => {
    for (const [what, size, cut] of [
      ['an answer of exactly that', 65_536, false],
      ['one byte more', 65_537, true],
      ['20 MB', 20_000_000, true],
    ] as const) {
      it(`of ${what}: ${cut ? 'cut and marked' : 'whole'}, and not a failure`, async () => {
        const server = await receiver(() => ({ body: Buffer.alloc(size, 'x') }));
        const sent = await post(server.url());
        expect(sent).to.include({ status: 200, responseCut: cut, failure: undefined });
        expect(sent.responseBody).to.have.length(65_536);
      });
    }

    it('of one that never ends', async () => {
      const server = await raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const pour = (): void => {
          while (!socket.destroyed && socket.write('y'.repeat(10_000)));
        };
        socket.on('drain', pour);
        pour();
      });
      expect(await post(server.url())).to.include({ status: 200, responseCut: true, failure: undefined });
    });
  });

  it('leaves a gzip body as it came', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const server = await receiver(() => ({ headers: { 'content-encoding': 'gzip' }, body: bomb }));
    const sent = await post(server.url());
    expect(sent.responseBody?.equals(bomb)).to.equal(true);
    expect(gunzipSync(sent.responseBody as Buffer)).to.have.length(10_000_000);
  });

  describe('has one deadline for everything', () => {
    it('until the headers come', async () => {
      const server = await receiver(() => ({ hang: true }));
      const sent = await post(server.url(), sender({ timeoutMs: 150 }));
      expect(sent.failure).to.deep.equal({
        reason: 'timeout',
        detail: 'not over within 150 ms (waiting for the answer)',
      });
      expect(sent.status).to.equal(undefined);
      expect(sent.durationMs).to.be.within(140, 1_000);
    });

    it('until the body ends, however steadily it drips', async () => {
      const server = await raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
        const timer = setInterval(() => socket.write('.'), 10);
        socket.on('close', () => clearInterval(timer));
      });
      const sent = await post(server.url(), sender({ timeoutMs: 200 }));
      expect(sent.failure?.reason).to.equal('timeout');
      expect(sent.status).to.equal(200);
      expect(sent.responseBody?.length).to.be.within(1, 30);
      await waitUntil(() => server.open() === 0, { what: 'the end of the connection' });
    });

    it('while the connection is made', async () => {
      const server = await raw(() => {});
      const sent = await post(`https://localhost:${server.port}/`, sender({ timeoutMs: 150 }));
      expect(sent.failure).to.deep.equal({
        reason: 'timeout',
        detail: 'not over within 150 ms (connecting)',
      });
    });

    it('while the name is looked up, and sends nothing when that comes to an end later', async () => {
      let connections = 0;
      const server = await raw(() => {});
      server.onConnection(() => {
        connections += 1;
      });
      let answer = (): void => {};
      const by = sender({
        timeoutMs: 150,
        allow: ['slow.example.net'],
        resolve: () =>
          new Promise((resolve) => {
            answer = () => resolve([{ address: '127.0.0.1', family: 4 }]);
          }),
      });
      const sent = await post(`http://slow.example.net:${server.port}/`, by);
      expect(sent.failure?.reason).to.equal('timeout');
      expect(sent.durationMs).to.be.within(140, 1_000);
      answer();
      await waitUntil(() => connections === 1 && server.open() === 0, {
        what: 'the late connection to come and go',
      });
      expect(server.received()).to.equal('');
    });
  });

  describe('says why there was no complete answer', () => {
    for (const [reason, what, answer] of [
      ['connection_reset', 'closes without an answer', (socket: Socket) => socket.end()],
      ['connection_reset', 'resets the connection', (socket: Socket) => socket.resetAndDestroy()],
      [
        'connection_reset',
        'closes within the headers',
        (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nX-A'),
      ],
      [
        'connection_reset',
        'closes within the body',
        (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
      ],
      [
        'connection_reset',
        'closes within a chunked body',
        (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
      ],
      [
        'invalid_response',
        'does not speak HTTP',
        (socket: Socket) => socket.end('220 mail.example.net ESMTP\r\n'),
      ],
      [
        'invalid_response',
        'has a NUL in a header',
        (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'),
      ],
      [
        'invalid_response',
        'sends headers without end',
        (socket: Socket) => socket.end(`HTTP/1.1 200 OK\r\n${'X-A: aaaaaaaa\r\n'.repeat(5_000)}\r\n`),
      ],
    ] as const) {
      it(`${reason}: the receiver ${what}`, async () => {
        const server = await raw(answer);
        const sent = await post(server.url());
        expect(sent.failure?.reason, sent.failure?.detail).to.equal(reason);
      });
    }

    it('connection_refused: nobody listens', async () => {
      const sent = await post(`http://127.0.0.1:${await freePort()}/`);
      expect(sent.failure?.reason).to.equal('connection_refused');
    });

    it('dns_failed: the name has no address', async () => {
      expect((await post('http://nobody.invalid/')).failure?.reason).to.equal('dns_failed');
    });

    it('tls_failed: the certificate is nobody’s, or there is none', async () => {
      const { port } = new URL(
        await listen(createTlsServer(selfSigned, (_request, response) => response.end())),
      );
      expect((await post(`https://localhost:${port}/`)).failure?.reason).to.equal('tls_failed');
      const plain = await raw((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      expect((await post(`https://localhost:${plain.port}/`)).failure?.reason).to.equal('tls_failed');
    });

    it('aborted: broken off by us', async () => {
      const server = await receiver(() => ({ hang: true }));
      const by = sender();
      const sending = post(server.url(), by);
      await server.waitFor(1);
      by.abort();
      expect((await sending).failure?.reason).to.equal('aborted');
    });
  });

  describe('goes nowhere that is not allowed', () => {
    it('not to an address in the URL, in any notation', async () => {
      const server = await receiver();
      for (const host of [
        '127.0.0.1',
        '127.1',
        '0x7f.0.0.1',
        '2130706433',
        '[::ffff:127.0.0.1]',
        '[::1]',
        '0.0.0.0',
      ]) {
        const sent = await post(`http://${host}:${server.port}/`, sender({ allow: [] }));
        expect(sent.failure?.reason, host).to.equal('blocked_address');
      }
      expect(server.requests).to.have.length(0);
    });

    it('not to a name that resolves to one', async () => {
      const server = await receiver();
      const sent = await post(`http://localhost:${server.port}/`, sender({ allow: [] }));
      expect(sent.failure?.reason).to.equal('blocked_address');
      expect(sent.failure?.detail).to.match(
        /^localhost resolves to (127\.0\.0\.1|::1), which may not be called$/,
      );
      expect(server.requests).to.have.length(0);
    });

    it('not with credentials in the URL, which it does not repeat', async () => {
      const sent = await post('http://user:hunter2@127.0.0.1/');
      expect(sent.failure?.reason).to.equal('blocked_address');
      expect(JSON.stringify(sent)).not.to.include('hunter2');
    });

    it('but to a name that is allowed', async () => {
      const server = await receiver();
      const sent = await post(`http://localhost:${server.port}/`, sender({ allow: ['localhost'] }));
      expect(sent).to.include({ status: 200, failure: undefined });
    });
  });

  it('does not throw for headers that cannot be sent', async () => {
    const server = await receiver();
    const sent = await sender().send(server.url(), [['X-A', 'line\nbreak']], body);
    expect(sent.failure?.reason).to.equal('invalid_request');
    expect(server.requests).to.have.length(0);
  });
});
