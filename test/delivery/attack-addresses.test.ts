import { once } from 'node:events';
import { type AddressInfo, createServer, isIP, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { destinationOf, parseAllowList, urlProblem } from '../../src/delivery/guard/guard.ts';
import { parseEndpointUrl } from '../../src/wire/endpoint-url.ts';
import { type Fate, hosts, urls } from './attack-table.ts';
import { sendingKit } from './sending-kit.ts';

const nowhere = parseAllowList([]);
/** Not in every container. */
const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === '::1'),
);

function fateOf(text: string): Fate {
  const parsed = parseEndpointUrl(text);
  if ('problem' in parsed) return 'no url';
  if (!isIP(destinationOf(parsed.url).host)) return 'name';
  return urlProblem(parsed.url, nowhere) ? 'blocked' : 'open';
}

/** Short enough for a title, and visible. */
const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

describe('attacking addresses', () => {
  const { sender, post } = sendingKit();

  describe('in URLs', () => {
    for (const [what, fate, each] of hosts) {
      describe(`of ${what}`, () => {
        for (const host of each) {
          it(`${shown(host)}: ${fate}`, () => expect(fateOf(`https://${host}/`)).to.equal(fate));
        }
      });
    }
    describe('that can be read in two ways', () => {
      for (const [fate, each] of urls) {
        for (const url of each) it(`${shown(url)}: ${fate}`, () => expect(fateOf(url)).to.equal(fate));
      }
    });
  });

  describe('of a machine that listens everywhere', () => {
    const listening: Server[] = [];
    let port = 0;
    let connections = 0;

    // Whoever gets as far as a connection has got too far, whatever it then speaks.
    before(async () => {
      for (const host of hasIpv6 ? ['0.0.0.0', '::'] : ['0.0.0.0']) {
        const server = createServer((socket) => {
          connections += 1;
          socket.destroy();
        });
        listening.push(server.listen({ port, host, ipv6Only: host === '::' }));
        await once(server, 'listening');
        ({ port } = server.address() as AddressInfo);
      }
    });
    beforeEach(() => {
      connections = 0;
    });
    after(() => {
      for (const server of listening) server.close();
    });

    it('are never connected to', async () => {
      const here = [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ];
      const by = sender({ allow: [], resolve: async () => here });
      for (const [what, fate, each] of hosts) {
        // What is open lies outside.
        if (fate === 'open') continue;
        for (const host of each) {
          const { status, failure } = await post(`https://${host}:${port}/`, by);
          expect({ status, reason: failure?.reason }, `${what}: ${host}`).to.deep.equal({
            status: undefined,
            reason: 'blocked_address',
          });
        }
      }
      expect(connections).to.equal(0);
    });

    it('are connected to as soon as they are allowed', async () => {
      const by = sender({ allow: ['127.0.0.0/8', '::1'] });
      const each = [
        '127.0.0.1',
        '127.1',
        '0x7f.1',
        '①②⑦.⓪.⓪.①',
        ...(hasIpv6 ? ['[::1]', '[::ffff:127.0.0.1]'] : []),
      ];
      for (const host of each) await post(`https://${host}:${port}/`, by);
      expect(connections).to.equal(each.length);
    });
  });
});
