import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createResolver, NameUnresolved, type ResolverOptions } from '../../src/delivery/guard/resolver.ts';
import { type NameServer, startNameServer } from '../support/name-server.ts';
import { waitUntil } from '../support/wait.ts';
import { sendingKit } from './sending-kit.ts';

describe('the resolver', () => {
  const { sender, receiver, post } = sendingKit();
  let names: NameServer;
  let folder: string;

  beforeEach(async () => {
    names = await startNameServer();
    folder = await mkdtemp(join(tmpdir(), 'rowhook-hosts-'));
  });
  afterEach(async () => {
    await names.close();
    await rm(folder, { recursive: true });
  });

  /** With a system that is asked and knows 127.0.0.9 for everything, unless told otherwise. */
  const resolver = (options: ResolverOptions = {}) => {
    const asked: string[] = [];
    const resolve = createResolver({
      servers: [names.address],
      hostsFile: join(folder, 'hosts'),
      system: async (name) => {
        asked.push(name);
        return [{ address: '127.0.0.9', family: 4 }];
      },
      ...options,
    });
    return {
      asked,
      addresses: async (name: string) => (await resolve(name, { all: true })).map((each) => each.address),
    };
  };

  it('gives all addresses, IPv4 first', async () => {
    names.set('both.example', ['2001:db8::1', '192.0.2.1', '192.0.2.2']);
    const { addresses, asked } = resolver();
    expect(await addresses('both.example')).to.have.members(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
    expect((await addresses('both.example')).at(-1)).to.equal('2001:db8::1');
    expect(asked).to.deep.equal([]);
  });

  it('takes what there is of one kind only', async () => {
    names.set('four.example', ['192.0.2.1']);
    names.set('six.example', ['2001:db8::1']);
    const { addresses } = resolver();
    expect(await addresses('four.example')).to.deep.equal(['192.0.2.1']);
    expect(await addresses('six.example')).to.deep.equal(['2001:db8::1']);
  });

  it('lets no number of names that hang hold up another one', async () => {
    names.set('good.example', ['192.0.2.1']);
    const { addresses } = resolver();
    let ended = 0;
    for (let n = 0; n < 40; n += 1) {
      names.set(`hangs-${n}.example`, 'silence');
      addresses(`hangs-${n}.example`).then(
        () => {
          ended += 1;
        },
        () => {
          ended += 1;
        },
      );
    }
    await waitUntil(() => names.asked.length === 80, { what: 'all questions' });
    expect(await addresses('good.example')).to.deep.equal(['192.0.2.1']);
    expect(ended).to.equal(0);
  });

  it('asks the system for a name that the name servers do not know, for two at a time', async () => {
    let most = 0;
    const waiting: (() => void)[] = [];
    const { addresses } = resolver({
      system: (name) =>
        new Promise((resolve) => {
          waiting.push(() => resolve([{ address: `127.0.0.${name.at(-1)}`, family: 4 }]));
          most = Math.max(most, waiting.length);
        }),
    });
    const all = Promise.all([1, 2, 3, 4, 5].map((n) => addresses(`intranet.corp${n}`)));
    for (let n = 0; n < 5; n += 1) {
      await waitUntil(() => waiting.length === Math.min(2, 5 - n), { what: 'the next question' });
      waiting.shift()?.();
    }
    expect(await all).to.deep.equal([1, 2, 3, 4, 5].map((n) => [`127.0.0.${n}`]));
    expect(most).to.equal(2);
  });

  it('lets no name that the system hangs at hold up one of this network', async () => {
    const hanging: string[] = [];
    const { addresses } = resolver({
      system: (name) => {
        if (!name.includes('.')) return Promise.resolve([{ address: '127.0.0.9', family: 4 }]);
        hanging.push(name);
        return new Promise(() => {});
      },
    });
    for (const name of ['a.example', 'b.example', 'c.local']) void addresses(name);
    await waitUntil(() => hanging.length === 2, { what: 'the system to be asked' });
    expect(await addresses('receiver')).to.deep.equal(['127.0.0.9']);
  });

  it('asks the system alone for a name without a dot, in .local, or in the hosts file', async () => {
    await writeFile(join(folder, 'hosts'), '# none\n127.0.0.9\thooks.example Other.Example # both\n');
    names.set('hooks.example', ['192.0.2.1']);
    const { addresses, asked } = resolver();
    for (const name of ['receiver', 'printer.local', 'hooks.example', 'other.example.']) {
      expect(await addresses(name)).to.deep.equal(['127.0.0.9']);
    }
    expect(asked).to.have.length(4);
    expect(names.asked).to.deep.equal([]);
  });

  it('sees a hosts file that has changed', async () => {
    names.set('hooks.example', ['192.0.2.1']);
    const { addresses } = resolver();
    expect(await addresses('hooks.example')).to.deep.equal(['192.0.2.1']);
    await writeFile(join(folder, 'hosts'), '127.0.0.9 hooks.example\n');
    await waitUntil(async () => (await addresses('hooks.example'))[0] === '127.0.0.9', {
      what: 'the change to be seen',
    });
  });

  it('does not ask the system where the name servers fail', async () => {
    names.set('broken.example', 'failure');
    const { addresses, asked } = resolver();
    const error = await addresses('broken.example').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(NameUnresolved);
    expect((error as Error).message).to.equal(
      'no answer for broken.example from its name servers (ESERVFAIL)',
    );
    expect(asked).to.deep.equal([]);
  });

  it('says so where nobody knows the name: dns_failed', async () => {
    const nobody = () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }));
    const resolve = createResolver({ servers: [names.address], system: nobody });
    const sent = await post('https://nobody.example/', sender({ resolve }));
    expect(sent.failure).to.deep.equal({
      reason: 'dns_failed',
      detail: 'nobody.example has no address (ENOTFOUND)',
    });
  });

  it('serves a sender: what hangs ends by its deadline, and others do not wait for it', async () => {
    const server = await receiver();
    names.set('good.example', ['127.0.0.1']);
    const hanging = Array.from({ length: 20 }, (_, n) => `hangs-${n}.example`);
    for (const name of hanging) names.set(name, 'silence');
    const resolve = createResolver({ servers: [names.address] });
    const by = sender({ resolve, timeoutMs: 700 });
    const ends: string[] = [];
    const sending = [...hanging, 'good.example'].map(async (name) => {
      const sent = await post(`http://${name}:${server.port}/`, by);
      ends.push(sent.failure ? sent.failure.detail : name);
    });
    await Promise.all(sending);
    expect(ends[0]).to.equal('good.example');
    expect(new Set(ends.slice(1))).to.deep.equal(new Set(['not over within 700 ms (looking up the name)']));
  });
});
