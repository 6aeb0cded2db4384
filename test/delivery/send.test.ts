import { createServer } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { body, headers, sendingKit } from './sending-kit.ts';

describe('sending', () => {
  const { sender, receiver, raw, listen, post } = sendingKit();

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

  it('has no status when nothing but an interim answer came', async () => {
    const server = await raw((socket) => socket.end('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'));
    const sent = await post(server.url());
    expect(sent).to.include({ status: undefined, responseHeaders: undefined });
    expect(sent.failure?.reason).to.equal('connection_reset');
  });

  it('keeps the connection for the next request', async () => {
    const server = createServer((_request, response) => response.end());
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
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
