import type { LookupAddress } from 'node:dns';
import { expect } from 'chai';
import {
  addressProblem,
  createGuard,
  type Destination,
  destinationOf,
  parseAllowList,
  urlProblem,
} from '../../src/delivery/guard/guard.ts';

const nowhere = parseAllowList([]);
const https = (host: string, port = 443): Destination => ({ host, port, secure: true });

describe('guard', () => {
  describe('of a URL alone', () => {
    for (const [url, allow, reason] of [
      ['https://hooks.example.net/', [], undefined],
      ['https://8.8.8.8/', [], undefined],
      ['https://[2606:4700::1111]/', [], undefined],
      // What is listed may be called by http too, on every usual port.
      ['http://127.0.0.1:8080/', ['127.0.0.0/8'], undefined],
      ['http://[::1]:8080/', ['::1'], undefined],
      ['http://localhost/', ['localhost'], undefined],
      ['http://LOCALHOST./', ['LocalHost'], undefined],
      ['https://10.1.2.3/', ['10.1.2.3'], undefined],
      ['https://10.1.2.3/', ['10.1.2.4'], 'blocked_address'],
      // A name does not open the address of the same machine, nor a name below it.
      ['https://127.0.0.1/', ['localhost'], 'blocked_address'],
      ['http://evil.localhost/', ['localhost'], 'https_required'],
      ['http://localhost.evil.example/', ['localhost'], 'https_required'],
      // Only https.
      ['http://hooks.example.net/', [], 'https_required'],
      ['http://8.8.8.8/', [], 'https_required'],
      ['http://8.8.8.8/', ['8.8.8.0/24'], undefined],
      ['http://hooks.example.net/', ['other.example.net'], 'https_required'],
      // It may resolve to an address of that network: the lookup will show.
      ['http://hooks.example.net/', ['10.0.0.0/8'], undefined],
      // Only usual ports.
      ['https://hooks.example.net:443/', [], undefined],
      ['https://hooks.example.net:80/', [], undefined],
      ['https://hooks.example.net:1024/', [], undefined],
      ['https://hooks.example.net:65535/', [], undefined],
      ['https://hooks.example.net:1023/', [], 'port_blocked'],
      ['https://hooks.example.net:22/', [], 'port_blocked'],
      ['https://hooks.example.net:25/', [], 'port_blocked'],
      ['https://hooks.example.net:81/', [], 'port_blocked'],
      ['https://hooks.example.net:444/', [], 'port_blocked'],
      ['https://8.8.8.8:587/', [], 'port_blocked'],
      // Also of what is listed, unless the entry names that very port; then it opens nothing else.
      ['https://10.1.2.3:25/', ['10.0.0.0/8'], 'port_blocked'],
      ['https://10.1.2.3:81/', ['10.0.0.0/8', '10.1.2.3:81'], undefined],
      ['http://10.1.2.3:81/', ['10.0.0.0/8:81'], undefined],
      ['https://10.1.2.3:82/', ['10.0.0.0/8:81'], 'blocked_address'],
      ['https://10.1.2.3/', ['10.0.0.0/8:81'], 'blocked_address'],
      ['https://[fd00::5]:81/', ['[fd00::/8]:81'], undefined],
      ['https://[fd00::5]:82/', ['[fd00::/8]:81'], 'blocked_address'],
      ['http://hooks.internal:81/', ['hooks.internal:81'], undefined],
      ['http://hooks.internal:8080/', ['hooks.internal:81'], 'https_required'],
      ['https://hooks.internal:25/', ['hooks.internal'], 'port_blocked'],
      // The name may resolve to the network whose port that is.
      ['https://hooks.internal:81/', ['10.0.0.0/8:81'], undefined],
      ['https://hooks.internal:82/', ['10.0.0.0/8:81'], 'port_blocked'],
      // All three at once: what matters most is said.
      ['http://127.0.0.1:22/', [], 'blocked_address'],
      ['http://8.8.8.8:22/', [], 'https_required'],
    ] as const) {
      const allowed = allow.length === 0 ? 'nothing' : allow.join(', ');
      it(`says ${reason ?? 'nothing against it'} of ${url} with ${allowed} allowed`, () => {
        expect(urlProblem(new URL(url), parseAllowList(allow))?.reason).to.equal(reason);
      });
    }

    it('lets http go to public addresses where the operator has said so, and to no others', () => {
      const open = parseAllowList([], { http: true });
      expect(urlProblem(new URL('http://8.8.8.8/'), open)).to.equal(undefined);
      expect(urlProblem(new URL('http://hooks.example.net/'), open)).to.equal(undefined);
      expect(urlProblem(new URL('http://10.0.0.1/'), open)?.reason).to.equal('blocked_address');
      expect(urlProblem(new URL('http://8.8.8.8:22/'), open)?.reason).to.equal('port_blocked');
    });

    it('says in words what is wrong, and what may be', () => {
      const detail = (url: string) => urlProblem(new URL(url), nowhere)?.detail;
      expect(detail('https://[::1]/')).to.equal('::1 is not an address that may be called');
      expect(detail('https://a.example:22/')).to.equal(
        'port 22 may not be called: 80, 443 and 1024 to 65535 may',
      );
      expect(detail('http://a.example/')).to.equal(
        'plain http may be used only to where the allow-list names the address or the host',
      );
    });
  });

  describe('of an address that a name resolves to', () => {
    for (const [address, url, allow, reason] of [
      ['8.8.8.8', 'https://a.example/', [], undefined],
      ['10.0.0.1', 'https://a.example/', [], 'blocked_address'],
      ['10.0.0.1', 'https://a.example/', ['10.0.0.0/8'], undefined],
      ['10.0.0.1', 'http://a.example/', ['10.0.0.0/8'], undefined],
      ['10.0.0.1', 'http://a.example/', ['a.example'], undefined],
      ['10.0.0.1', 'http://b.example/', ['a.example'], 'blocked_address'],
      // A network that is listed does not make http right for a name that leads elsewhere.
      ['8.8.8.8', 'http://a.example/', ['10.0.0.0/8'], 'https_required'],
      ['8.8.8.8', 'https://a.example:81/', ['10.0.0.0/8:81'], 'port_blocked'],
      ['10.0.0.1', 'https://a.example:81/', ['10.0.0.0/8:81'], undefined],
      ['10.0.0.1', 'https://a.example:8080/', ['10.0.0.0/8:81'], 'blocked_address'],
      ['::ffff:10.0.0.1', 'http://a.example/', ['10.0.0.0/8'], undefined],
      ['fe80::1%eth0', 'https://a.example/', [], 'blocked_address'],
      ['2606:4700::1%eth0', 'https://a.example/', [], 'blocked_address'],
      ['', 'https://a.example/', [], 'blocked_address'],
    ] as const) {
      it(`says ${reason ?? 'nothing'} of ${url} at "${address}" with ${allow.join() || 'nothing'} allowed`, () => {
        const destination = destinationOf(new URL(url));
        expect(addressProblem(address, destination, parseAllowList(allow))?.reason).to.equal(reason);
      });
    }
  });

  describe('of names', () => {
    const answer = (...addresses: string[]): LookupAddress[] =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const lookUp = (destination: Destination, addresses: LookupAddress[], allow: string[] = [], all = true) =>
      new Promise<string | LookupAddress[]>((resolve, reject) => {
        const lookup = createGuard(parseAllowList(allow), async () => addresses).lookup(destination);
        lookup(destination.host, { all }, (error, found) => (error ? reject(error) : resolve(found)));
      });
    const failure = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        (error: Error) => error,
      );

    it('returns exactly the addresses that were checked', async () => {
      const addresses = answer('93.184.215.14', '2606:4700::1');
      expect(await lookUp(https('hooks.example.net'), addresses)).to.deep.equal(addresses);
      expect(await lookUp(https('hooks.example.net'), addresses, [], false)).to.equal('93.184.215.14');
    });

    it('refuses a name if any of its addresses is forbidden, whichever place it has', async () => {
      for (const addresses of [
        answer('93.184.215.14', '10.0.0.1'),
        answer('10.0.0.1', '93.184.215.14'),
        answer('93.184.215.14', '2606:4700::1', '10.0.0.1', '8.8.8.8'),
      ]) {
        const error = await failure(lookUp(https('rebind.example.net'), addresses));
        expect(error).to.include({ name: 'BlockedAddress', code: 'blocked_address' });
        expect(error?.message).to.equal('rebind.example.net resolves to 10.0.0.1, which may not be called');
      }
    });

    it('judges scheme and port with the address that is connected to', async () => {
      const plain = { host: 'a.example', port: 8080, secure: false };
      const mixed = answer('10.0.0.1', '8.8.8.8');
      expect(await failure(lookUp(plain, answer('8.8.8.8'), ['10.0.0.0/8']))).to.include({
        code: 'https_required',
      });
      expect(await failure(lookUp(plain, mixed, ['10.0.0.0/8']))).to.include({ code: 'https_required' });
      expect(await lookUp(plain, answer('10.0.0.1'), ['10.0.0.0/8'])).to.deep.equal(answer('10.0.0.1'));
      expect(await failure(lookUp(https('a.example', 25), answer('8.8.8.8')))).to.include({
        code: 'port_blocked',
      });
    });

    it('lets a name go anywhere that is allowed by name, and no other', async () => {
      expect(await lookUp(https('LocalHost.'), answer('127.0.0.1'), ['localhost'])).to.deep.equal(
        answer('127.0.0.1'),
      );
      const other = lookUp(https('localhost.evil.example'), answer('127.0.0.1'), ['localhost']);
      expect(await failure(other)).to.include({ code: 'blocked_address' });
    });

    it('judges an address as it is, without a resolver', async () => {
      const guard = createGuard(nowhere, () => Promise.reject(new Error('asked')));
      expect(await guard.addresses(https('8.8.8.8'))).to.deep.equal(answer('8.8.8.8'));
      expect(await failure(guard.addresses(https('127.0.0.1')))).to.include({ code: 'blocked_address' });
    });

    it('asks once for a name that many wait for, and anew when that is answered', async () => {
      let asked = 0;
      let release = (): void => {};
      const guard = createGuard(nowhere, async () => {
        asked += 1;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return answer('93.184.215.14');
      });
      const ask = (port: number) => guard.addresses(https('slow.example.net', port));
      const waiting = [ask(443), ask(443), ask(8443)];
      release();
      await Promise.all(waiting);
      expect(asked).to.equal(1);
      const again = ask(443);
      release();
      await again;
      expect(asked).to.equal(2);
    });
  });
});
