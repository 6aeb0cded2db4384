import { expect } from 'chai';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createEndpoint, listEndpoints, updateEndpoint } from '../../src/store/endpoints.ts';
import { newSecret, rotateSecret } from '../../src/store/secrets.ts';
import { verify } from '../../src/verify.ts';
import type { OldSecret } from '../../src/wire/secrets.ts';
import { queueDatabase, startDispatcher } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { type ReceivedRequest, startReceiver } from '../support/receiver.ts';

const catalog = siteStacker();
const hour = 3_600_000;

describe('a secret', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queueDatabase();
  });

  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: Error & { code?: string; where?: string }) => error,
    );
  const create = async (secret: string | null, dialect = 'standard'): Promise<string> => {
    const input = { url: 'https://hooks.example.net/', events: ['*'], secret, dialect };
    return (await createEndpoint(db.pool, catalog, input)).id;
  };
  const stored = async (): Promise<{ secret: string | null; olds: readonly OldSecret[] }> => {
    const { rows } = await db.query('select secret, old_secrets as olds from rowhook.endpoint');
    return rows[0] as { secret: string | null; olds: readonly OldSecret[] };
  };

  it('is made in the form of the dialect, each time another one', () => {
    for (const dialect of ['standard', 'amplo']) expect(newSecret(dialect)).to.match(/^whsec_[\w+/]{43}=$/);
    for (const dialect of ['site-stacker', 'prefix:Acme']) expect(newSecret(dialect)).to.match(/^[\w-]{43}$/);
    expect(newSecret('standard')).not.to.equal(newSecret('standard'));
    expect(() => newSecret('esperanto')).to.throw('unknown dialect');
  });

  it('is rotated to a new one of its kind; the old one stays valid for a day', async () => {
    const first = newSecret('standard');
    const id = await create(first);
    const before = Date.now();
    const { endpoint, secret } = await rotateSecret(db.pool, catalog, id);
    expect(secret)
      .to.match(/^whsec_/)
      .and.not.to.equal(first);
    const { secret: present, olds } = await stored();
    expect(present).to.equal(secret);
    expect(olds.map((old) => old.secret)).to.deep.equal([first]);
    expect(Date.parse(olds[0]?.validUntil ?? '') - before).to.be.within(
      24 * hour - 60_000,
      24 * hour + 60_000,
    );
    expect(endpoint).to.include({ id, hasSecret: true });
    const shown = JSON.stringify([endpoint, await listEndpoints(db.pool)]);
    expect(shown).not.to.include(first).and.not.to.include(secret);
  });

  it('of ed25519 is rotated to one of ed25519', async () => {
    const id = await create(`whsk_${Buffer.alloc(32, 7).toString('base64')}`);
    expect((await rotateSecret(db.pool, catalog, id)).secret).to.match(/^whsk_[\w+/]{43}=$/);
  });

  it('is rotated to a given one, with a given overlap', async () => {
    const [first, second, third] = [newSecret('standard'), newSecret('standard'), newSecret('standard')];
    const id = await create(first);
    const given = { secret: second, overlapMs: hour };
    expect((await rotateSecret(db.pool, catalog, id, given)).secret).to.equal(second);
    expect((await stored()).olds.map((old) => old.secret)).to.deep.equal([first]);
    await rotateSecret(db.pool, catalog, id, { secret: third, overlapMs: 0 });
    expect(await stored()).to.deep.equal({ secret: third, olds: [] });
  });

  it('that is the first one replaces none', async () => {
    const id = await create(null, 'site-stacker');
    const { endpoint, secret } = await rotateSecret(db.pool, catalog, id);
    expect(endpoint.hasSecret).to.equal(true);
    expect(await stored()).to.deep.equal({ secret, olds: [] });
  });

  for (const [what, options, where] of [
    ['of another form', { secret: 'hunter2' }, 'secret'],
    ['that it has already', { secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }, 'secret'],
    ['with a negative overlap', { overlapMs: -1 }, 'overlapMs'],
    ['with an overlap that is no number', { overlapMs: Number.NaN }, 'overlapMs'],
    ['with an overlap without end', { overlapMs: Number.POSITIVE_INFINITY }, 'overlapMs'],
    ['with an overlap longer than dates are', { overlapMs: Number.MAX_SAFE_INTEGER }, 'overlapMs'],
  ] as const) {
    it(`is not rotated to one ${what}`, async () => {
      const id = await create(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
      const before = await stored();
      const error = await failure(rotateSecret(db.pool, catalog, id, options));
      expect(error).to.include({ code: 'endpoint_invalid', where });
      expect(error?.message).not.to.include('hunter2');
      expect(await stored()).to.deep.equal(before);
    });
  }

  it('is that of an endpoint that there is', async () => {
    expect((await failure(rotateSecret(db.pool, catalog, '77')))?.code).to.equal('endpoint_unknown');
  });

  it('is not lost when two rotate at a time, nor is another change', async () => {
    const first = newSecret('standard');
    const id = await create(first);
    const [one, , two] = await Promise.all([
      rotateSecret(db.pool, catalog, id),
      updateEndpoint(db.pool, catalog, id, { description: 'x' }),
      rotateSecret(db.pool, catalog, id),
    ]);
    const { secret, olds } = await stored();
    const known = [one.secret, two.secret, first];
    expect([secret, ...olds.map((old) => old.secret)]).to.have.members(known);
    expect(olds.at(-1)?.secret).to.equal(first);
    expect((await listEndpoints(db.pool))[0]?.description).to.equal('x');
  });

  it('that an update names replaces all at once; one that it does not name stays, with the old ones', async () => {
    const id = await create(newSecret('standard'));
    const { secret } = await rotateSecret(db.pool, catalog, id);
    await updateEndpoint(db.pool, catalog, id, { description: 'x' });
    // As a migration does that runs again.
    await updateEndpoint(db.pool, catalog, id, { secret });
    expect((await stored()).olds).to.have.length(1);
    const next = newSecret('standard');
    await updateEndpoint(db.pool, catalog, id, { secret: next });
    expect(await stored()).to.deep.equal({ secret: next, olds: [] });
  });

  it('of an earlier dialect is forgotten with it', async () => {
    const id = await create('one', 'site-stacker');
    await rotateSecret(db.pool, catalog, id, { secret: 'two' });
    await rotateSecret(db.pool, catalog, id, { secret: newSecret('standard') });
    expect((await stored()).olds).to.have.length(2);
    await updateEndpoint(db.pool, catalog, id, { dialect: 'standard' });
    expect((await stored()).olds).to.deep.equal([]);
  });

  for (const [dialect, oldFits] of [
    ['standard', true],
    ['prefix:Acme', false],
  ] as const) {
    it(`signs what is sent from the rotation on, in ${dialect} ${oldFits ? 'beside the old one' : 'alone'}`, async () => {
      const receiver = await startReceiver();
      const first = newSecret(dialect);
      const input = { url: receiver.url(), events: ['*'], secret: first, dialect };
      const { id } = await createEndpoint(db.pool, catalog, input);
      const { secret } = await rotateSecret(db.pool, catalog, id);
      const { dispatcher } = await startDispatcher(db);
      const [request] = (await receiver.waitFor(1)) as [ReceivedRequest];
      await dispatcher.stop();
      await receiver.close();
      const { headers, body } = request;
      expect(verify({ dialect, headers, body, secret }).ok).to.equal(true);
      expect(verify({ dialect, headers, body, secret: first }).ok).to.equal(oldFits);
      // A receiver that was given both before is never without.
      expect(verify({ dialect, headers, body, secrets: [first, secret] }).ok).to.equal(true);
    });
  }
});
