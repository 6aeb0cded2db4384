import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { freePort } from '../../tools/free-port.ts';
import { waitUntil } from '../support/wait.ts';
import { authority, client, server as localhost } from './certificates.ts';
import { body, sendingKit } from './sending-kit.ts';

const clientTexts = { ca: authority, clientCertificate: client.cert, clientKey: client.key };

describe('a request through a proxy', () => {
  const { sender, receiver, raw, proxy, listen, post } = sendingKit();

  /** Answers with the name in the caller's certificate, and in a header with the name it was called by. */
  const mutual = async (options: object = {}): Promise<string> => {
    const asking = { ...localhost, requestCert: true, rejectUnauthorized: false, ca: authority };
    const server = createTlsServer({ ...asking, ...options }, (request, response) => {
      const socket = request.socket as TLSSocket;
      const subject = socket.getPeerCertificate().subject;
      response.setHeader('x-name', String(socket.servername));
      request.resume().on('end', () => response.end(subject?.CN ?? 'nobody'));
    });
    return `https://localhost:${await listen(server)}/hook`;
  };
  const header = (sent: Awaited<ReturnType<typeof post>>, name: string): string | undefined =>
    sent.responseHeaders?.find(([each]) => each === name)?.[1];

  const names = ['127.0.0.0/8', 'localhost'];

  it('asks for the address that was judged, and sends what it would send without', async () => {
    const server = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const through = await proxy();
    const sent = await post(`http://localhost:${server.port}/hook?key=1`, sender({ allow: names }), {
      proxy: `http://127.0.0.1:${through.port}`,
    });
    expect(sent).to.include({ status: 200, failure: undefined });
    const target = `127.0.0.1:${server.port}`;
    expect(through.asked.map((each) => each.target)).to.deep.equal([target]);
    expect(through.asked[0]?.headers.host).to.equal(target);
    const lines = sent.requestHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    expect(server.received()).to.equal(`POST /hook?key=1 HTTP/1.1\r\n${lines}\r\n${body}`);
  });

  it('sees the receiver’s certificate itself, and shows its own', async () => {
    const url = await mutual();
    const through = await proxy();
    const by = sender();
    const way = { proxy: `http://127.0.0.1:${through.port}` };
    const sent = await post(url, by, { ...clientTexts, ...way });
    expect(sent.responseBody?.toString(), sent.failure?.detail).to.equal('rowhook');
    expect(header(sent, 'x-name')).to.equal('localhost');
    expect((await post(url, by, way)).failure?.reason).to.equal('tls_failed');
  });

  it('finds an address in the receiver’s certificate too', async () => {
    const url = (await mutual()).replace('localhost', '127.0.0.1');
    const through = await proxy();
    const way = { ca: authority, proxy: `http://127.0.0.1:${through.port}` };
    expect(await post(url, sender(), way)).to.include({ status: 200, failure: undefined });
  });

  it('keeps the way open for the next request, apart from other proxies and from none', async () => {
    const server = await receiver();
    const [one, other] = [await proxy(), await proxy()];
    const by = sender();
    for (const through of [one, one, other, undefined]) {
      const way = through && { proxy: `http://127.0.0.1:${through.port}` };
      expect((await post(server.url(), by, way)).status).to.equal(200);
    }
    expect([one.asked.length, other.asked.length]).to.deep.equal([1, 1]);
  });

  it('tells the proxy who it is, and nobody else', async () => {
    const server = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    const through = await proxy();
    const sent = await post(server.url(), sender(), {
      proxy: `http://us%65r:hunter%3A2@127.0.0.1:${through.port}`,
    });
    expect(sent.status).to.equal(200);
    const expected = `Basic ${Buffer.from('user:hunter:2').toString('base64')}`;
    expect(through.asked[0]?.headers['proxy-authorization']).to.equal(expected);
    expect(server.received()).not.to.match(/proxy/i);
  });

  it('goes nowhere that it would not go without', async () => {
    const server = await receiver();
    const through = await proxy();
    const way = { proxy: `http://localhost:${through.port}` };
    const resolve = async (name: string) => [
      { address: name === 'localhost' ? '127.0.0.1' : '127.0.0.2', family: 4 },
    ];
    const by = sender({ allow: ['localhost'], resolve });
    for (const [host, reason] of [
      ['127.0.0.1', 'blocked_address'],
      ['[::ffff:127.0.0.1]', 'blocked_address'],
      ['rebinding.example', 'blocked_address'],
    ] as const) {
      const sent = await post(`https://${host}:${server.port}/`, by, way);
      expect(sent.failure?.reason, host).to.equal(reason);
    }
    expect(through.asked).to.have.length(0);
    expect(through.open()).to.equal(0);
  });

  it('asks only a proxy that it may call', async () => {
    const server = await receiver();
    const through = await proxy();
    const resolve = async (name: string) => [
      { address: name === 'receiver.example' ? '127.0.0.1' : '127.0.0.2', family: 4 },
    ];
    const by = sender({ allow: ['receiver.example'], resolve });
    for (const host of ['127.0.0.1', '2130706433', '[::1]', 'proxy.example']) {
      const sent = await post(`http://receiver.example:${server.port}/`, by, {
        proxy: `http://user:hunter2@${host}:${through.port}`,
      });
      expect(sent.failure?.reason, host).to.equal('blocked_address');
      expect(sent.failure?.detail)
        .to.match(/^the proxy: /)
        .and.not.include('hunter2');
    }
    expect(through.open()).to.equal(0);
  });

  for (const [what, refuse] of [
    ['wants to know who calls', 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n'],
    ['does not reach the receiver', 'HTTP/1.1 502 Bad Gateway\r\n\r\n'],
    ['sends elsewhere', 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n'],
    ['does not speak HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['closes', ''],
    ['sends headers without end', `HTTP/1.1 200 OK\r\n${'X-A: aaaaaaaa\r\n'.repeat(5_000)}\r\n`],
  ] as const) {
    it(`proxy_failed: the proxy ${what}`, async () => {
      const server = await receiver();
      const through = await proxy({ refuse });
      const sent = await post(server.url(), sender(), {
        proxy: `http://user:hunter2@127.0.0.1:${through.port}`,
      });
      expect(sent.failure?.reason, sent.failure?.detail).to.equal('proxy_failed');
      expect(sent.failure?.detail)
        .to.match(/^the proxy/)
        .and.not.include('hunter2');
      expect(server.requests).to.have.length(0);
      await waitUntil(() => through.open() === 0, { what: 'the end of the connection to the proxy' });
    });
  }

  it('proxy_failed: nobody listens there', async () => {
    const server = await receiver();
    const sent = await post(server.url(), sender(), { proxy: `http://127.0.0.1:${await freePort()}` });
    expect(sent.failure?.reason, sent.failure?.detail).to.equal('proxy_failed');
  });

  it('connection_reset: the way is spoken on before we speak; it is not opened again and again', async () => {
    const through = await raw((socket) =>
      socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    );
    const sent = await post('http://127.0.0.1:8080/', sender(), { proxy: through.url() });
    expect(sent.failure?.reason).to.equal('connection_reset');
    expect(through.connections()).to.equal(1);
  });

  it('timeout: the proxy does not answer; nothing of it is left', async () => {
    const silent = await raw(() => {});
    const sent = await post(
      'http://127.0.0.1:9/',
      sender({ timeoutMs: 250, allow: ['127.0.0.1', '127.0.0.1:9'] }),
      {
        proxy: `http://127.0.0.1:${silent.port}`,
      },
    );
    expect(sent.failure).to.deep.equal({
      reason: 'timeout',
      detail: 'not over within 250 ms (connecting)',
    });
    await waitUntil(() => silent.open() === 0, { what: 'the end of the connection to the proxy' });
  });

  it('timeout: the receiver’s name is not found in time; the proxy is not called any more', async () => {
    const through = await proxy();
    let answer = (): void => {};
    const by = sender({
      timeoutMs: 250,
      allow: ['slow.example', '127.0.0.1'],
      resolve: () =>
        new Promise((resolve) => {
          answer = () => resolve([{ address: '127.0.0.1', family: 4 }]);
        }),
    });
    const way = { proxy: `http://127.0.0.1:${through.port}` };
    const sent = await post('http://slow.example/', by, way);
    expect(sent.failure?.detail).to.equal('not over within 250 ms (looking up the name)');
    answer();
    // A later call of the same proxy has come and gone: one that had been made for the first would have been seen before it.
    const server = await receiver();
    expect((await post(server.url(), sender(), way)).status).to.equal(200);
    expect(through.asked.map((each) => each.target)).to.deep.equal([`127.0.0.1:${server.port}`]);
  });

  it('speaks to a proxy by https, by the authorities that the system trusts', async () => {
    const server = await receiver();
    const through = await proxy({ tls: localhost });
    const sent = await post(server.url(), sender(), {
      ca: authority,
      proxy: `https://localhost:${through.port}`,
    });
    expect(sent.failure?.reason).to.equal('proxy_failed');
    expect(sent.failure?.detail).to.match(/^the proxy: .*certificate/);
    expect(through.asked).to.have.length(0);
  });
});
