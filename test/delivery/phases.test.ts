import { expect } from 'chai';
import type { Sent } from '../../src/delivery/request/exchange.ts';
import { freePort } from '../../tools/free-port.ts';
import { authority, server as localhost } from './certificates.ts';
import { sendingKit } from './sending-kit.ts';

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

describe('the phases of a request', () => {
  const { sender, raw, proxy, post } = sendingKit();

  const namesOf = (sent: Sent): string[] => Object.keys(sent.phases);
  const sumOf = (sent: Sent): number => Object.values(sent.phases).reduce((all, ms) => all + ms, 0);
  // Each is rounded, and so is the whole.
  const expectSum = (sent: Sent): void => {
    expect(sumOf(sent)).to.be.at.most(sent.durationMs + 2);
  };

  it('are all there for a new connection, and only those of the request for a kept one', async () => {
    const server = await raw((socket) => socket.write(`${answer}ok`));
    const by = sender();
    const url = `http://localhost:${server.port}/`;
    const first = await post(url, by);
    expect(namesOf(first)).to.deep.equal(['dns', 'connect', 'wait', 'body']);
    expectSum(first);
    const second = await post(url, by);
    expect(namesOf(second)).to.deep.equal(['wait', 'body']);
    expectSum(second);
    for (const ms of Object.values(first.phases)) expect(ms).to.be.at.least(0);
  });

  it('have no lookup for an address', async () => {
    const server = await raw((socket) => socket.write(`${answer}ok`));
    expect(namesOf(await post(server.url()))).to.deep.equal(['connect', 'wait', 'body']);
  });

  it('have TLS', async () => {
    const server = await raw((socket) => socket.write(`${answer}ok`), { tls: localhost });
    const sent = await post(server.url(), sender(), { ca: authority });
    expect(namesOf(sent)).to.deep.equal(['dns', 'connect', 'tls', 'wait', 'body']);
    expectSum(sent);
  });

  it('have the way through a proxy in that of the connection', async () => {
    const server = await raw((socket) => socket.write(`${answer}ok`), { tls: localhost });
    const through = await proxy();
    const sent = await post(server.url(), sender(), {
      ca: authority,
      proxy: `http://127.0.0.1:${through.port}`,
    });
    expect(namesOf(sent)).to.deep.equal(['dns', 'connect', 'tls', 'wait', 'body']);
  });

  it('end with the one that the deadline ended', async () => {
    const deadlineMs = 300;
    const slow = (): ReturnType<typeof sender> => sender({ timeoutMs: deadlineMs });
    const silent = await raw(() => {});
    const begun = await raw((socket) => socket.write(`${answer}o`));
    const stuck = sender({
      timeoutMs: deadlineMs,
      allow: ['slow.example'],
      resolve: () => new Promise(() => {}),
    });
    for (const [url, by, names] of [
      ['http://slow.example/', stuck, ['dns']],
      [`https://localhost:${silent.port}/`, slow(), ['dns', 'connect', 'tls']],
      [silent.url(), slow(), ['connect', 'wait']],
      [begun.url(), slow(), ['connect', 'wait', 'body']],
    ] as const) {
      const sent = await post(url, by);
      expect(sent.failure?.reason).to.equal('timeout');
      expect(namesOf(sent), url).to.deep.equal(names);
      expectSum(sent);
      // The one that was under way counts too.
      expect(sumOf(sent), url).to.be.above(deadlineMs / 2);
    }
  });

  it('end with the one that failed', async () => {
    const refused = await post(`http://127.0.0.1:${await freePort()}/`);
    expect(namesOf(refused)).to.deep.equal(['connect']);
    const blocked = await post('http://10.0.0.1/');
    expect(namesOf(blocked)).to.deep.equal([]);
  });
});
