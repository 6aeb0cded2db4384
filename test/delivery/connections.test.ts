import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { createGuard, destinationOf, parseAllowList } from '../../src/delivery/guard/guard.ts';
import { Connections, type ConnectionsOptions } from '../../src/delivery/request/connections.ts';
import { Exchange, type Sent } from '../../src/delivery/request/exchange.ts';
import { createTransports } from '../../src/delivery/request/transport.ts';
import { waitUntil } from '../support/wait.ts';
import type { RawServer } from './raw-server.ts';
import { selfSigned } from './self-signed.ts';
import { body, headers, sendingKit } from './sending-kit.ts';

/** Passes on what a server says once it has said nothing more for a moment: in one segment. */
function relayTogether(socket: Socket, port: number): void {
  const server = connect(port, '127.0.0.1');
  const held: Buffer[] = [];
  const flush = setTimeout(() => socket.write(Buffer.concat(held.splice(0))), 50);
  server.on('data', (part) => {
    held.push(part);
    flush.refresh();
  });
  socket.on('data', (part) => server.write(part));
  for (const [one, other] of [
    [socket, server],
    [server, socket],
  ] as const) {
    one.on('error', () => {}).on('close', () => other.destroy());
  }
}

describe('connections', () => {
  const { raw, sender, post, listen } = sendingKit();

  /** All names lead to this machine. */
  const kept = (options: ConnectionsOptions) => {
    const connections = new Connections(options);
    const guard = createGuard(parseAllowList(['127.0.0.0/8']), async () => [
      { address: '127.0.0.1', family: 4 },
    ]);
    const { usual } = createTransports();
    const send = async (name: string, { port }: RawServer): Promise<Sent> => {
      const url = new URL(`http://${name}:${port}/`);
      const destination = destinationOf(url);
      const connection = connections.take(url.origin, () => ({
        destination,
        transport: usual,
        usual,
        guard,
      }));
      const target = { origin: url.origin, host: url.host, path: '/', destination };
      const sent = await new Exchange(target, headers, body, connection).run(5_000);
      connections.giveBack(connection);
      return sent;
    };
    return { connections, send };
  };
  const okServer = (): Promise<RawServer> =>
    raw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));

  it('are bounded over all origins: the one that was idle for longest goes', async () => {
    const server = await okServer();
    const { connections, send } = kept({ max: 5 });
    for (let n = 0; n < 40; n += 1) {
      expect((await send(`host-${n}.example`, server)).status).to.equal(200);
      expect(connections.size).to.be.at.most(5);
    }
    await waitUntil(() => server.open() === 5, { what: 'all others to be closed' });
    // The last five are still there, the sixth is not.
    for (const n of [39, 38, 37, 36, 35]) await send(`host-${n}.example`, server);
    expect(server.connections()).to.equal(40);
    await send('host-34.example', server);
    expect(server.connections()).to.equal(41);
    connections.close();
    await waitUntil(() => server.open() === 0, { what: 'the end of all connections' });
  });

  it('may be more while requests are under way, and no longer', async () => {
    const waiting: (() => void)[] = [];
    const server = await raw((socket) => {
      waiting.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    const { connections, send } = kept({ max: 2 });
    const sending = Promise.all([1, 2, 3, 4, 5].map((n) => send(`host-${n}.example`, server)));
    await waitUntil(() => waiting.length === 5, { what: 'all requests at the same time' });
    for (const answer of waiting) answer();
    expect((await sending).map((sent) => sent.status)).to.deep.equal([200, 200, 200, 200, 200]);
    expect(connections.size).to.equal(2);
    connections.close();
  });

  it('are used again: always the last one, so that others may go', async () => {
    const used: object[] = [];
    const server = await raw((socket) => {
      used.push(socket);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const { connections, send } = kept({ max: 10 });
    await Promise.all([send('a.example', server), send('a.example', server)]);
    for (let n = 0; n < 10; n += 1) await send('a.example', server);
    expect(server.connections()).to.equal(2);
    expect(new Set(used.slice(2)).size).to.equal(1);
    connections.close();
  });

  it('are not kept beyond their age', async () => {
    const server = await okServer();
    const { connections, send } = kept({ max: 10, ageMs: 0 });
    for (let n = 0; n < 3; n += 1) await send('a.example', server);
    expect(server.connections()).to.equal(3);
    expect(connections.size).to.equal(0);
  });

  it('that a receiver closes while they are idle are forgotten, and cost no request', async () => {
    const sockets: { end(): void }[] = [];
    const server = await raw((socket) => {
      sockets.push(socket);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const { connections, send } = kept({ max: 10 });
    await send('a.example', server);
    sockets[0]?.end();
    await waitUntil(() => connections.size === 0, { what: 'the connection to be forgotten' });
    expect((await send('a.example', server)).failure).to.equal(undefined);
    expect(server.connections()).to.equal(2);
    connections.close();
  });

  it('that the answer says will close are not kept', async () => {
    const server = await raw((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    );
    const { connections, send } = kept({ max: 10 });
    for (let n = 0; n < 3; n += 1) expect((await send('a.example', server)).failure).to.equal(undefined);
    expect(connections.size).to.equal(0);
  });

  it('are kept for less than the receiver says that it keeps them', async () => {
    const says = (seconds: number) =>
      raw((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\nKeep-Alive: timeout=${seconds}\r\nContent-Length: 0\r\n\r\n`),
      );
    const { connections, send } = kept({ max: 10 });
    await send('a.example', await says(1));
    expect(connections.size).to.equal(0);
    const server = await says(2);
    await send('a.example', server);
    expect(connections.size).to.equal(1);
    await waitUntil(() => connections.size === 0, { what: 'the end of an idle connection' });
    await waitUntil(() => server.open() === 0, { what: 'the receiver to see it' });
  });

  it('are not used again once their time is over, though nobody has had the time to close them', async () => {
    const server = await raw((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 0\r\n\r\n'),
    );
    const { connections, send } = kept({ max: 10 });
    await send('a.example', server);
    const until = performance.now() + 1_001;
    while (performance.now() < until);
    await send('a.example', server);
    expect(server.connections()).to.equal(2);
    connections.close();
  });

  it('that somebody speaks on while they are idle are not used again', async () => {
    const sockets: { write(text: string): void }[] = [];
    const server = await raw((socket) => {
      sockets.push(socket);
      // For longer than this test waits.
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: 0\r\n\r\n');
    });
    const { connections, send } = kept({ max: 10 });
    await send('a.example', server);
    sockets[0]?.write('HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n');
    await waitUntil(() => connections.size === 0, { what: 'the connection to be forgotten' });
    expect(await send('a.example', server)).to.include({ status: 200, failure: undefined });
    expect(server.connections()).to.equal(2);
    connections.close();
  });

  describe('whose answer had more behind it are not used again', () => {
    const answer = (status: string, length: number, more = ''): string =>
      `HTTP/1.1 ${status}\r\n${more}Content-Length: ${length}\r\n\r\n${'a'.repeat(length)}`;
    const forged = answer('201 Forged', 0);

    it('though the answer fills what is read at once', async () => {
      // 64 KiB in all.
      const unpadded = answer('200 OK', 60_000, 'X-A: \r\n').length;
      const first = answer('200 OK', 60_000, `X-A: ${'a'.repeat(65_536 - unpadded)}\r\n`);
      const server = await raw((socket) => {
        socket.write(server.connections() === 1 ? first + forged : answer('500 Real', 0));
      });
      const by = sender();
      expect(await post(server.url(), by)).to.include({ status: 200, failure: undefined });
      expect(await post(server.url(), by)).to.include({ status: 500, failure: undefined });
    });

    it('though it is in another TLS record', async () => {
      const server = await raw(
        (socket) => {
          if (server.connections() > 1) {
            socket.write(answer('500 Real', 0));
            return;
          }
          socket.write(answer('200 OK', 0));
          socket.write(forged);
        },
        { tls: selfSigned },
      );
      const relay = createServer((socket) => relayTogether(socket, server.port));
      const port = await listen(Object.assign(relay, { closeAllConnections() {} }));
      const by = sender();
      const url = `https://localhost:${port}/`;
      const ca = { ca: selfSigned.cert };
      expect(await post(url, by, ca)).to.include({ status: 200, failure: undefined });
      expect(await post(url, by, ca)).to.include({ status: 500, failure: undefined });
    });
  });

  it('are not kept while the receiver has not read what it answers', async () => {
    const server = await raw((socket) => {
      socket.pause();
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const by = sender();
    // More than all buffers between us and it.
    const large = Buffer.alloc(30_000_000, 'a');
    expect(await by.send(server.url(), headers, large)).to.include({ status: 200, failure: undefined });
    expect(await by.send(server.url(), headers, body)).to.include({ status: 200, failure: undefined });
    expect(server.connections()).to.equal(2);
  });

  it('of a sender that is closed are closed, idle or not', async () => {
    // It would keep them for a minute.
    const patient = 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: 0\r\n\r\n';
    const server = await raw((socket, chunk) => {
      if (!chunk.includes('/hang')) socket.write(patient);
    });
    const by = sender();
    await post(server.url(), by);
    expect(server.open()).to.equal(1);
    const hanging = [post(server.url('/hang'), by), post(server.url('/hang'), by)];
    await post(server.url(), by);
    await by.close();
    for (const sent of await Promise.all(hanging)) expect(sent.failure?.reason).to.equal('aborted');
    await waitUntil(() => server.open() === 0, { what: 'the end of all connections' });
  });
});
