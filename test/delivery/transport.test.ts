import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { createTransports } from '../../src/delivery/request/transport.ts';
import { authority, client, elsewhere, expired, server as localhost, stranger } from './certificates.ts';
import { sendingKit } from './sending-kit.ts';

/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 and TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 (RFC 5288, 5289). */
const [ecdhe, dhe] = [0xc02f, 0x009e];

/** Of a ClientHello (RFC 8446, 4.1.2): behind 43 bytes the id of a session, then the list, each with its length before it. */
function cipherSuites(hello: Buffer): number[] {
  const at = 44 + hello.readUInt8(43);
  return Array.from({ length: hello.readUInt16BE(at) / 2 }, (_, n) => hello.readUInt16BE(at + 2 + 2 * n));
}

const clientTexts = { ca: authority, clientCertificate: client.cert, clientKey: client.key };

describe('an endpoint with a transport of its own', () => {
  const { sender, receiver, raw, listen, post } = sendingKit();

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

  describe('over TLS', () => {
    it('trusts its own authority, and then nobody else', async () => {
      const url = await mutual();
      const by = sender();
      expect((await post(url, by)).failure?.reason).to.equal('tls_failed');
      expect(await post(url, by, { ca: authority })).to.include({ status: 200, failure: undefined });
      // The first two have their connections and sessions apart: what was trusted by one is not trusted by the other.
      expect((await post(url, by, { ca: stranger })).failure?.reason).to.equal('tls_failed');
      expect((await post(url, by)).failure?.reason).to.equal('tls_failed');
    });

    it('shows its certificate, over connections of its own', async () => {
      const url = await mutual();
      const by = sender();
      expect((await post(url, by, { ca: authority })).responseBody?.toString()).to.equal('nobody');
      expect((await post(url, by, clientTexts)).responseBody?.toString()).to.equal('rowhook');
      expect((await post(url, by, { ca: authority })).responseBody?.toString()).to.equal('nobody');
    });

    it('fails for a receiver that wants a certificate and gets none', async () => {
      const url = await mutual({ rejectUnauthorized: true });
      const sent = await post(url, sender(), { ca: authority });
      // In TLS 1.3 our side of the handshake is over by then.
      expect(['tls_failed', 'connection_reset']).to.include(sent.failure?.reason);
    });

    it('speaks HTTP/1.1, names the host, and takes up a session again', async () => {
      const server = createTlsServer(
        { ...localhost, ALPNProtocols: ['h2', 'http/1.1'] },
        (request, response) => {
          const socket = request.socket as TLSSocket;
          const told = [socket.alpnProtocol, socket.servername, socket.isSessionReused()];
          response.setHeader('connection', 'close');
          request.resume().on('end', () => response.end(JSON.stringify(told)));
        },
      );
      const url = `https://localhost:${await listen(server)}/`;
      const by = sender();
      const told = async (): Promise<unknown> =>
        JSON.parse(String((await post(url, by, { ca: authority })).responseBody));
      expect(await told()).to.deep.equal(['http/1.1', 'localhost', false]);
      expect(await told()).to.deep.equal(['http/1.1', 'localhost', true]);
    });

    it('keeps few sessions, over all transports, and no large one', () => {
      const transports = createTransports();
      const sessionsOf = (proxy: string) => {
        const made = transports.of({ clientCertificate: null, clientKey: null, ca: null, proxy });
        if ('problem' in made) throw new Error(made.problem);
        return made.tls().sessions;
      };
      const [one, other] = [sessionsOf('http://one.example'), sessionsOf('http://other.example')];
      one.set('a.example:443', Buffer.alloc(4_000));
      one.set('b.example:443', Buffer.alloc(64_000));
      expect(one.get('a.example:443')).to.have.length(4_000);
      expect(one.get('b.example:443')).to.equal(undefined);
      expect(other.get('a.example:443')).to.equal(undefined);
      for (let n = 0; n < 1_000; n += 1) other.set(`${n}.example:443`, Buffer.alloc(1));
      expect(one.get('a.example:443')).to.equal(undefined);
    });

    it('does not name an address, and finds it in the certificate', async () => {
      const url = (await mutual()).replace('localhost', '127.0.0.1');
      const sent = await post(url, sender(), { ca: authority });
      expect(sent).to.include({ status: 200, failure: undefined });
      expect(header(sent, 'x-name')).to.equal('false');
    });

    for (const [what, options] of [
      ['a certificate for another name', elsewhere],
      ['a certificate whose time is over', expired],
      ['a certificate of another authority', { ...localhost, ca: stranger }],
      ['HTTP/2 only', { ...localhost, ALPNProtocols: ['h2'] }],
      [
        'TLS 1.1 only',
        { ...localhost, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' },
      ],
    ] as const) {
      it(`fails for a receiver with ${what}: tls_failed`, async () => {
        const server = await raw(() => {}, { tls: options as object });
        const by = what.includes('authority') ? { ca: stranger } : { ca: authority };
        const sent = await post(server.url(), sender(), by);
        expect(sent.failure?.reason, sent.failure?.detail).to.equal('tls_failed');
        expect(server.received()).to.equal('');
      });
    }

    it('fails for a receiver that wants one handshake after the other: tls_failed', async () => {
      let made = 0;
      const asked = (socket: Socket): void => {
        const again = (): unknown =>
          (socket as TLSSocket).renegotiate({}, (error) => {
            if (error) return;
            made += 1;
            setImmediate(again);
          });
        again();
      };
      const server = await raw(asked, { tls: { ...localhost, maxVersion: 'TLSv1.2' } });
      const sent = await post(server.url(), sender(), { ca: authority });
      expect(sent.failure).to.deep.equal({
        reason: 'tls_failed',
        detail: 'the other side asked for more than 3 TLS handshakes',
      });
      expect(made).to.be.at.most(3);
    });

    it('lets a receiver have another handshake, as some do once they know what is asked for', async () => {
      const asked = (socket: Socket): unknown =>
        (socket as TLSSocket).renegotiate({}, (error) =>
          socket.write(`HTTP/1.1 ${error ? 500 : 200} OK\r\nContent-Length: 0\r\n\r\n`),
        );
      const server = await raw(asked, { tls: { ...localhost, maxVersion: 'TLSv1.2' } });
      expect(await post(server.url(), sender(), { ca: authority })).to.include({ status: 200 });
    });

    for (const own of [undefined, { ca: authority }]) {
      it(`offers no key exchange whose size the receiver chooses, ${own ? 'with' : 'without'} a transport of its own`, async () => {
        const hellos: Buffer[] = [];
        const server = await raw((socket, chunk) => {
          hellos.push(chunk);
          socket.destroy();
        });
        await post(`https://localhost:${server.port}/`, sender(), own);
        const offered = cipherSuites(Buffer.concat(hellos));
        expect(offered).to.include.members([ecdhe]);
        expect(offered).to.not.include.members([dhe]);
      });
    }

    for (const [what, answer, reason] of [
      ['speaks plain HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'tls_failed'],
      ['speaks garbage', '\x16\x03\x03\xff\xff garbage', 'tls_failed'],
      ['sends an alert', '\x15\x03\x03\x00\x02\x02\x28', 'tls_failed'],
    ] as const) {
      it(`fails for a receiver that ${what}: ${reason}`, async () => {
        const server = await raw((socket) => socket.end(answer, 'latin1'));
        const sent = await post(`https://localhost:${server.port}/`, sender(), { ca: authority });
        expect(sent.failure?.reason, sent.failure?.detail).to.equal(reason);
      });
    }

    it('fails for a receiver that closes in the handshake: connection_reset', async () => {
      const server = await raw((socket) => socket.end());
      const sent = await post(`https://localhost:${server.port}/`, sender(), { ca: authority });
      expect(sent.failure?.reason, sent.failure?.detail).to.equal('connection_reset');
    });

    it('fails for a receiver that speaks TLS where http is expected: invalid_response', async () => {
      const server = await raw(() => {}, { tls: localhost });
      const sent = await post(`http://localhost:${server.port}/`);
      expect(['invalid_response', 'connection_reset']).to.include(sent.failure?.reason);
    });
  });

  describe('that cannot be used', () => {
    for (const [what, texts] of [
      ['a certificate that is none', { clientCertificate: 'hunter2', clientKey: client.key }],
      ['a key that is none', { clientCertificate: client.cert, clientKey: 'hunter2' }],
      ['a key of another certificate', { clientCertificate: client.cert, clientKey: localhost.key }],
      ['a certificate without a key', { clientCertificate: client.cert }],
      ['a key without a certificate', { clientKey: client.key }],
      ['a proxy that is no URL', { proxy: 'hunter2@proxy:3128' }],
      ['a proxy of another kind', { proxy: 'socks5://user:hunter2@127.0.0.1:1080' }],
      ['a password in another encoding', { proxy: 'http://user:hunter2%ff@127.0.0.1:3128' }],
    ] as const) {
      it(`${what}: transport_invalid, and nothing is sent`, async () => {
        const server = await receiver();
        const sent = await post(server.url(), sender(), texts);
        expect(sent.failure?.reason, sent.failure?.detail).to.equal('transport_invalid');
        expect(sent.failure?.detail).not.to.include('hunter2');
        expect(server.requests).to.have.length(0);
      });
    }
  });
});
