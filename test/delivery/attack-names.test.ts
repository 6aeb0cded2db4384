import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { createResolver } from '../../src/delivery/guard/resolver.ts';
import { type Answer, type NameServer, startNameServer } from '../support/name-server.ts';
import { sendingKit } from './sending-kit.ts';

/** The receiver listens on the first, which is allowed; on the second, which is not, a trap does. On the same port. */
const [allowed, forbidden] = ['127.0.0.1', '127.0.0.2'];

describe('attacking names', () => {
  const { sender, receiver, raw, post } = sendingKit();
  let names: NameServer;
  let trap: Server | undefined;
  let caught = 0;

  before(async () => {
    names = await startNameServer();
  });
  after(() => names.close());
  beforeEach(() => {
    caught = 0;
  });
  afterEach(() => {
    trap?.close();
    trap = undefined;
  });

  const setTrap = async (port: number): Promise<void> => {
    trap = createServer((socket) => {
      caught += 1;
      socket.destroy();
    }).listen(port, forbidden);
    await once(trap, 'listening');
  };
  const by = (allow: string[] = [allowed]) =>
    sender({
      allow,
      resolve: createResolver({ servers: [names.address], system: () => Promise.reject(new Error()) }),
    });
  const questions = (name: string) => names.asked.filter((question) => question.endsWith(` ${name}`));

  for (const [what, address, ...chain] of [
    ['one address that is forbidden', [forbidden]],
    ['a forbidden one behind an allowed one', [allowed, forbidden]],
    ['a forbidden one before an allowed one', [forbidden, allowed]],
    ['a forbidden one among many', [...Array(9).fill(allowed), forbidden, allowed]],
    ['a forbidden one in IPv6 beside an allowed one in IPv4', [allowed, '::1']],
    ['one mapped into IPv6', ['::ffff:127.0.0.2']],
    ['one behind NAT64', [allowed, '64:ff9b::7f00:2']],
    ['one in a 6to4 address', [allowed, '2002:7f00:2::1']],
    ['the metadata address', ['169.254.169.254']],
    ['the unspecified address, which is this machine too', ['0.0.0.0']],
    ['the unspecified address in IPv6', ['::']],
    ['another name, which has a forbidden one', { cname: 'b.example' }, [forbidden]],
    [
      'a chain of names that ends at a forbidden one',
      { cname: 'b.example' },
      { cname: 'c.example' },
      [forbidden],
    ],
    ['a chain that ends at an allowed and a forbidden one', { cname: 'b.example' }, [allowed, forbidden]],
  ] as ReadonlyArray<readonly [string, Answer, ...Answer[]]>) {
    it(`does not connect to a name with ${what}`, async () => {
      const server = await receiver();
      await setTrap(server.port);
      names.set('a.example', address);
      for (const [index, answer] of chain.entries()) names.set(['b.example', 'c.example'][index]!, answer);
      const { failure } = await post(`http://a.example:${server.port}/`, by());
      expect(failure?.reason).to.equal('blocked_address');
      expect(failure?.detail).to.match(/^a\.example resolves to \S+, which may not be called$/);
      expect({ caught, requests: server.requests.length }).to.deep.equal({ caught: 0, requests: 0 });
    });
  }

  it('connects to one whose addresses are all allowed, along a chain too', async () => {
    const server = await receiver();
    names.set('a.example', { cname: 'b.example' });
    names.set('b.example', [allowed]);
    const sent = await post(`http://a.example:${server.port}/`, by());
    expect(sent).to.include({ status: 200, failure: undefined });
    expect(server.requests[0]?.headers.host).to.equal(`a.example:${server.port}`);
  });

  it('asks once for a connection: a name that answers otherwise the second time is no way around', async () => {
    const server = await receiver();
    await setTrap(server.port);
    names.set('turning.example', [allowed], [forbidden]);
    const sent = await post(`http://turning.example:${server.port}/`, by());
    expect(sent).to.include({ status: 200, failure: undefined });
    expect(questions('turning.example')).to.have.members(['A turning.example', 'AAAA turning.example']);
    expect(caught).to.equal(0);
  });

  it('judges a name anew for the next connection: one that led elsewhere by then is refused', async () => {
    const server = await raw((socket) =>
      socket.end('HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    );
    await setTrap(server.port);
    names.set('rebinding.example', [allowed]);
    const url = `http://rebinding.example:${server.port}/`;
    const sending = by();
    expect((await post(url, sending)).status).to.equal(500);
    names.set('rebinding.example', [forbidden]);
    expect((await post(url, sending)).failure?.reason).to.equal('blocked_address');
    names.set('rebinding.example', [allowed]);
    expect((await post(url, sending)).status).to.equal(500);
    expect(caught).to.equal(0);
  });

  it('goes on with a connection that was judged, wherever its name leads by now', async () => {
    const server = await receiver();
    await setTrap(server.port);
    names.set('kept.example', [allowed]);
    const url = `http://kept.example:${server.port}/`;
    const sending = by();
    expect((await post(url, sending)).status).to.equal(200);
    names.set('kept.example', [forbidden]);
    expect((await post(url, sending)).status).to.equal(200);
    expect({ caught, requests: server.requests.length }).to.deep.equal({ caught: 0, requests: 2 });
  });

  it('does not share a connection with another origin that has the same address', async () => {
    const server = await receiver();
    names.set('a.example', [allowed]);
    names.set('other.example', [forbidden]);
    const sending = by();
    expect((await post(`http://a.example:${server.port}/`, sending)).status).to.equal(200);
    const { failure } = await post(`http://other.example:${server.port}/`, sending);
    expect(failure?.reason).to.equal('blocked_address');
    expect(server.requests).to.have.length(1);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`is not led to a forbidden address by a ${status}`, async () => {
      const server = await receiver(() => ({
        status,
        headers: { location: `http://${forbidden}:${server.port}/`, refresh: `0; url=http://${forbidden}/` },
      }));
      await setTrap(server.port);
      expect((await post(server.url(), by())).status).to.equal(status);
      expect({ caught, requests: server.requests.length }).to.deep.equal({ caught: 0, requests: 1 });
    });
  }

  it('lets a name that is listed lead anywhere, by name only', async () => {
    const server = await receiver();
    names.set('listed.example', [allowed]);
    names.set('unlisted.example', [allowed]);
    const sending = by(['listed.example']);
    expect((await post(`http://listed.example:${server.port}/`, sending)).status).to.equal(200);
    const { failure } = await post(`http://unlisted.example:${server.port}/`, sending);
    expect(failure?.reason).to.equal('blocked_address');
  });

  it('refuses http and ports by where the name leads', async () => {
    names.set('public.example', ['8.8.8.8']);
    const reason = async (url: string, allow: string[]) => (await post(url, by(allow))).failure?.reason;
    expect(await reason('http://public.example/', [allowed])).to.equal('https_required');
    expect(await reason('https://public.example:25/', [allowed])).to.equal('port_blocked');
    const server = await receiver();
    names.set('inner.example', [allowed]);
    const url = `http://inner.example:${server.port}/`;
    expect(await reason(url, [`${allowed}:${server.port}`])).to.equal(undefined);
    expect(await reason(url, [`${allowed}:${server.port - 1}`])).to.equal('blocked_address');
  });
});
