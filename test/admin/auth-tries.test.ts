import { expect } from 'chai';
import { createTries } from '../../src/admin/auth/tries.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { queueDatabase } from '../delivery/queue.ts';
import { anna, signedIn, tokenAdmin } from './admin-kit.ts';

describe('tries to sign in', () => {
  const clocked = (options: Parameters<typeof createTries>[1] = {}) => {
    const clock = { ms: 1_000_000 };
    return { clock, tries: createTries(() => clock.ms, options) };
  };

  it('are five at once from one address, then one each ten seconds, and nobody else waits', () => {
    const { clock, tries } = clocked();
    for (let n = 0; n < 5; n += 1) expect(tries.take('10.0.0.1')).to.equal(0);
    expect(tries.take('10.0.0.1')).to.equal(10_000);
    clock.ms += 4_000;
    expect(tries.take('10.0.0.1')).to.equal(6_000);
    expect(tries.take('10.0.0.2')).to.equal(0);
    clock.ms += 6_000;
    expect(tries.take('10.0.0.1')).to.equal(0);
    expect(tries.take('10.0.0.1')).to.equal(10_000);
    clock.ms += 3_600_000;
    for (let n = 0; n < 5; n += 1) expect(tries.take('10.0.0.1')).to.equal(0);
    expect(tries.take('10.0.0.1')).to.equal(10_000);
  });

  it('that were no guess are given back', () => {
    const { tries } = clocked();
    for (let n = 0; n < 50; n += 1) {
      expect(tries.take('10.0.0.1')).to.equal(0);
      tries.giveBack('10.0.0.1');
    }
    expect(tries.addresses).to.equal(0);
  });

  it('count for the network that one customer has, where addresses are plenty', () => {
    const { tries } = clocked({ each: { burst: 1, everyMs: 10_000 } });
    const first = (address: string) => tries.take(address) === 0;
    expect(first('2001:db8:1:2::1')).to.equal(true);
    expect(first('2001:db8:1:2:ffff::9')).to.equal(false);
    expect(first('2001:0DB8:0001:2:0:0:0:3')).to.equal(false);
    expect(first('2001:db8:1:3::1')).to.equal(true);
    expect(first('::1')).to.equal(true);
    expect(first('fe80::1%eth0')).to.equal(true);
    expect(first('10.1.1.1')).to.equal(true);
    expect(first('::ffff:10.1.1.1')).to.equal(false);
  });

  it('are bounded over all addresses together, and so is what is kept of them', () => {
    const { clock, tries } = clocked({ all: { burst: 20, everyMs: 1_000 }, most: 10 });
    let taken = 0;
    for (let n = 0; n < 100; n += 1) if (tries.take(`10.0.1.${n}`) === 0) taken += 1;
    expect(taken).to.equal(20);
    expect(tries.addresses).to.be.at.most(10);
    expect(tries.take('10.9.9.9')).to.equal(1_000);
    clock.ms += 1_000;
    expect(tries.take('10.9.9.9')).to.equal(0);
  });

  it('beyond that are answered with 429 and when to come back, for the right token too, and nobody is signed out', async () => {
    const db = await queueDatabase();
    const { clock, tries } = clocked();
    const { ask } = tokenAdmin(db, siteStacker(), { tries });
    const session = await signedIn(ask, anna);
    const bearer = { authorization: 'Bearer nobodys-token-0123456789' };
    for (let n = 0; n < 5; n += 1) {
      const { status } =
        n % 2 === 0
          ? await ask('POST', '/session', { token: 'wrong' })
          : await ask('GET', '/session', undefined, bearer);
      expect(status).to.equal(401);
    }
    const late = await ask('POST', '/session', { token: anna.token });
    expect([late.status, late.body.code, late.headers.get('retry-after')]).to.deep.equal([
      429,
      'tries_exceeded',
      '10',
    ]);
    const scripted = await ask('GET', '/session', undefined, { authorization: `Bearer ${anna.token}` });
    expect(scripted.status).to.equal(429);
    expect((await ask('GET', '/session', undefined, session)).status).to.equal(200);
    clock.ms += 10_000;
    expect((await ask('POST', '/session', { token: anna.token })).status).to.equal(200);
  });
});
