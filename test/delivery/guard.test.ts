import type { LookupAddress } from 'node:dns';
import { expect } from 'chai';
import { addressAllowed, createLookup, literalProblem, parseAllowList } from '../../src/delivery/guard.ts';

const nowhere = parseAllowList([]);

describe('guard', () => {
  describe('of addresses', () => {
    for (const [address, allowed] of [
      ['8.8.8.8', true],
      ['93.184.215.14', true],
      ['2606:4700::6810:84e5', true],
      ['::ffff:8.8.8.8', true],
      ['64:ff9b::8.8.8.8', true],
      // This machine, and what is near it.
      ['127.0.0.1', false],
      ['127.255.255.254', false],
      ['0.0.0.0', false],
      ['0.1.2.3', false],
      ['10.0.0.1', false],
      ['172.16.0.1', false],
      ['172.31.255.255', false],
      ['192.168.1.1', false],
      ['100.64.0.1', false],
      ['169.254.169.254', false],
      ['168.63.129.16', false],
      ['168.63.129.15', true],
      ['::ffff:168.63.129.16', false],
      ['::1', false],
      ['::', false],
      ['fe80::1', false],
      ['fe80::1%eth0', false],
      ['fec0::1', false],
      ['fc00::1', false],
      ['fd00:ec2::254', false],
      // Not one receiver.
      ['224.0.0.1', false],
      ['255.255.255.255', false],
      ['ff02::1', false],
      // Reserved, or for documentation.
      ['192.0.0.8', false],
      ['192.0.2.1', false],
      ['198.18.0.1', false],
      ['198.51.100.1', false],
      ['203.0.113.1', false],
      ['240.0.0.1', false],
      ['2001:db8::1', false],
      ['100::1', false],
      ['4000::1', false],
      // An IPv4 address inside.
      ['::ffff:127.0.0.1', false],
      ['::ffff:a9fe:a9fe', false],
      ['64:ff9b::127.0.0.1', false],
      ['64:ff9b::a9fe:a9fe', false],
      ['64:ff9b:1::8.8.8.8', false],
      ['::127.0.0.1', false],
      ['::808:808', false],
      ['::ffff:0:127.0.0.1', false],
      ['2002:7f00:1::', false],
      ['2002:808:808::', false],
      ['2001:0:808:808::1', false],
      // No address at all.
      ['localhost', false],
      ['127.1', false],
      ['0x7f.0.0.1', false],
      ['', false],
    ] as const) {
      it(`${allowed ? 'lets' : 'does not let'} requests go to "${address}"`, () => {
        expect(addressAllowed(address, nowhere)).to.equal(allowed);
      });
    }

    for (const [address, entry, allowed] of [
      ['127.0.0.1', '127.0.0.0/8', true],
      ['127.0.0.1', '127.0.0.1', true],
      ['127.0.0.2', '127.0.0.1', false],
      ['::ffff:127.0.0.1', '127.0.0.0/8', true],
      ['64:ff9b::10.1.2.3', '10.0.0.0/8', true],
      ['10.1.2.3', '10.0.0.0/16', false],
      ['168.63.129.16', '168.63.129.16', true],
      ['::1', '::1', true],
      ['::1', '127.0.0.0/8', false],
      ['fd00::5', 'fd00::/8', true],
      ['2002:7f00:1::', '2002::/16', true],
      ['127.0.0.1', 'localhost', false],
    ] as const) {
      it(`${allowed ? 'lets' : 'does not let'} them go to ${address} with ${entry} allowed`, () => {
        expect(addressAllowed(address, parseAllowList([entry]))).to.equal(allowed);
      });
    }
  });

  describe('of literals in URLs', () => {
    for (const [url, allowed] of [
      ['http://8.8.8.8/', true],
      ['http://hooks.example.net/', true],
      ['http://127.0.0.1/', false],
      ['http://0x7f.0.0.1/', false],
      ['http://0177.0.0.1/', false],
      ['http://127.1/', false],
      ['http://2130706433/', false],
      ['http://0x7f000001:8080/', false],
      ['http://１２７.0.0.1/', false],
      ['http://127.0.0.1./', false],
      ['http://[::1]/', false],
      ['http://[::ffff:7f00:1]/', false],
      ['http://[0:0:0:0:0:ffff:127.0.0.1]/', false],
      ['http://169.254.169.254/latest/meta-data', false],
      ['http://0/', false],
      ['http://168.63.129.16/machine', false],
    ] as const) {
      it(`${allowed ? 'lets' : 'does not let'} ${url} pass`, () => {
        expect(literalProblem(new URL(url), nowhere) === undefined).to.equal(allowed);
      });
    }
  });

  describe('of names', () => {
    const answer = (...addresses: string[]): LookupAddress[] =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const lookUp = (name: string, addresses: LookupAddress[], allow: string[] = [], all = true) =>
      new Promise<string | LookupAddress[]>((resolve, reject) => {
        const lookup = createLookup(parseAllowList(allow), async () => addresses);
        lookup(name, { all }, (error, found) => (error ? reject(error) : resolve(found)));
      });
    const failure = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        (error: Error) => error,
      );

    it('returns exactly the addresses that were checked', async () => {
      const addresses = answer('93.184.215.14', '2606:4700::1');
      expect(await lookUp('hooks.example.net', addresses)).to.deep.equal(addresses);
      expect(await lookUp('hooks.example.net', addresses, [], false)).to.equal('93.184.215.14');
    });

    it('refuses a name if any of its addresses is forbidden', async () => {
      const error = await failure(lookUp('rebind.example.net', answer('93.184.215.14', '10.0.0.1')));
      expect(error).to.have.property('name', 'BlockedAddress');
      expect(error?.message).to.equal('rebind.example.net resolves to 10.0.0.1, which may not be called');
    });

    it('lets a name go anywhere that is allowed by name, and no other', async () => {
      expect(await lookUp('LocalHost.', answer('127.0.0.1'), ['localhost'])).to.deep.equal(
        answer('127.0.0.1'),
      );
      expect(await failure(lookUp('localhost.evil.example', answer('127.0.0.1'), ['localhost']))).to.be.an(
        'error',
      );
    });

    it('asks once for a name that many wait for, and anew when that is answered', async () => {
      let asked = 0;
      let release = (): void => {};
      const lookup = createLookup(nowhere, async () => {
        asked += 1;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return answer('93.184.215.14');
      });
      const ask = () => new Promise((resolve) => lookup('slow.example.net', { all: true }, resolve));
      const waiting = [ask(), ask(), ask()];
      release();
      await Promise.all(waiting);
      expect(asked).to.equal(1);
      const again = ask();
      release();
      await again;
      expect(asked).to.equal(2);
    });
  });

  for (const entry of [
    '',
    '300.1.2.3',
    '10.0.0.0/33',
    '127.1',
    'http://localhost',
    'a b',
    '10.0.0.0/',
    '::1/',
    '*',
  ]) {
    it(`cannot read "${entry}" in an allow-list`, () => {
      expect(() => parseAllowList(['localhost', entry]))
        .to.throw('not an address, a network or a host name')
        .that.includes({ code: 'config_invalid', where: 'allow[1]' });
    });
  }
});
