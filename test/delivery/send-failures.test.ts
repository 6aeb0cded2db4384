import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { freePort } from '../../tools/free-port.ts';
import { waitUntil } from '../support/wait.ts';
import { startFullListener } from './full-listener.ts';
import { selfSigned } from './self-signed.ts';
import { headers, sendingKit } from './sending-kit.ts';

describe('sending', () => {
  const { sender, receiver, raw, listen, post } = sendingKit();

  describe('has one deadline for everything', () => {
    it('until the headers come', async () => {
      const server = await receiver(() => ({ hang: true }));
      const sent = await post(server.url(), sender({ timeoutMs: 300 }));
      expect(sent.failure).to.deep.equal({
        reason: 'timeout',
        detail: 'not over within 300 ms (waiting for the answer)',
      });
      expect(sent.status).to.equal(undefined);
      expect(sent.durationMs).to.be.at.least(290);
    });

    it('until the body ends, however steadily it drips', async () => {
      const server = await raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
        const timer = setInterval(() => socket.write('.'), 10);
        socket.on('close', () => clearInterval(timer));
      });
      const sent = await post(server.url(), sender({ timeoutMs: 300 }));
      expect(sent.failure?.reason).to.equal('timeout');
      expect(sent.status).to.equal(200);
      expect(sent.responseBody?.length).to.be.within(1, 999);
      await waitUntil(() => server.open() === 0, { what: 'the end of the connection' });
    });

    it('while the connection is made', async () => {
      const full = await startFullListener();
      try {
        const sent = await post(`http://127.0.0.1:${full.port}/`, sender({ timeoutMs: 300 }));
        expect(sent.failure).to.deep.equal({
          reason: 'timeout',
          detail: 'not over within 300 ms (connecting)',
        });
        expect(Object.keys(sent.phases)).to.deep.equal(['connect']);
        expect(sent.durationMs).to.be.at.least(290);
      } finally {
        await full.close();
      }
    });

    it('in the TLS handshake', async () => {
      const server = await raw(() => {});
      const sent = await post(`https://localhost:${server.port}/`, sender({ timeoutMs: 300 }));
      expect(sent.failure).to.deep.equal({
        reason: 'timeout',
        detail: 'not over within 300 ms (in the TLS handshake)',
      });
    });

    it('in a TLS handshake that drips', async () => {
      const server = await raw((socket) => {
        // The beginning of a handshake record of 16 kB.
        socket.write(Buffer.from([0x16, 3, 3, 0x40, 0]));
        const timer = setInterval(() => socket.write(Buffer.from([2])), 5);
        socket.on('close', () => clearInterval(timer));
      });
      const sent = await post(`https://localhost:${server.port}/`, sender({ timeoutMs: 150 }));
      expect(sent.failure?.reason, sent.failure?.detail).to.equal('timeout');
      await waitUntil(() => server.open() === 0, { what: 'the end of the connection' });
    });

    it('while the body is sent to one that does not read it', async () => {
      let asleep: Socket | undefined;
      const server = await raw(() => {}, {
        onOpen: (socket) => {
          asleep = socket.pause();
        },
      });
      const large = Buffer.alloc(16_000_000, 'x');
      const sent = await sender({ timeoutMs: 300 }).send(server.url(), headers, large);
      expect(sent.failure?.reason, sent.failure?.detail).to.equal('timeout');
      // It sees the end only once it reads.
      asleep?.resume();
      await waitUntil(() => server.open() === 0, { what: 'the end of the connection' });
    });

    it('while the name is looked up, and connects to nothing when that comes to an end later', async () => {
      const server = await raw(() => {});
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
      expect(sent.failure).to.deep.equal({
        reason: 'timeout',
        detail: 'not over within 150 ms (looking up the name)',
      });
      answer();
      // One turn for the answer, and one for a connection that it would have led to.
      await nextTurn();
      await nextTurn();
      expect(
        await post(`http://127.0.0.1:${server.port}/`, sender({ timeoutMs: 150 })),
      ).to.have.nested.property('failure.reason', 'timeout');
      expect(server.connections()).to.equal(1);
    });
  });

  it('takes the answer of one that did not wait for the body', async () => {
    let answered = false;
    const server = await raw((socket) => {
      if (!answered)
        socket.write('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig');
      answered = true;
    });
    const sent = await sender().send(server.url(), headers, Buffer.alloc(4_000_000, 'x'));
    expect(sent).to.include({ status: 413, failure: undefined });
    expect(sent.responseBody?.toString()).to.equal('big');
    await waitUntil(() => server.open() === 0, { what: 'the end of the connection' });
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
      const port = await listen(createTlsServer(selfSigned, (_request, response) => response.end()));
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
});
