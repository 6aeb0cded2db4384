import { expect } from 'chai';
import { pino } from 'pino';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createEndpoint, getEndpoint, updateEndpoint } from '../../src/store/endpoints.ts';
import { sealAll, sealedStatus } from '../../src/store/resealing.ts';
import { createSealer, plainSealer } from '../../src/store/sealer.ts';
import { rotateSecret } from '../../src/store/secrets.ts';
import { tellOfSecrets } from '../../src/store/secrets-told.ts';
import type { Queryable } from '../../src/store/sql.ts';
import type { EndpointInput } from '../../src/wire/endpoint-input.ts';
import { queueDatabase } from '../delivery/queue.ts';
import { selfSigned } from '../delivery/self-signed.ts';
import type { TestDatabase } from '../support/database.ts';

const catalog = siteStacker();
const key = (id: string, byte: number) => ({ id, bytes: Buffer.alloc(32, byte) });
const sealer = createSealer([key('one', 1)]);
/** After a new key was configured before the first. */
const newer = createSealer([key('two', 2), key('one', 1)]);
const full = {
  url: 'https://hooks.example.net/ss',
  events: ['*'],
  secret: 'hunter2-secret',
  headers: [['Authorization', 'Bearer hunter2']],
  clientCertificate: selfSigned.cert,
  clientKey: selfSigned.key,
  proxy: 'http://me:hunter2@proxy.example.net:3128',
} satisfies EndpointInput as EndpointInput;

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  );

describe('secrets at rest', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await queueDatabase();
  });

  interface Row {
    readonly secret: string | null;
    readonly olds: readonly { readonly secret: string; readonly validUntil: string }[];
    readonly headers: string | null;
    readonly client_key: string | null;
    readonly proxy: string | null;
  }
  const rows = async () => {
    const found = await db.query<Row>(
      `select secret, old_secrets as olds, headers, client_key, proxy from rowhook.endpoint order by id`,
    );
    return found.rows;
  };
  /** Everything that the tables say of endpoints, as a dump would show it. */
  const dump = async () => {
    const found = await db.query<{ text: string }>(
      `select (select coalesce(json_agg(e), '[]') from rowhook.endpoint e)::text
           || (select coalesce(json_agg(c), '[]') from rowhook.endpoint_change c)::text
           || (select coalesce(json_agg(v), '[]') from rowhook.event v)::text as text`,
    );
    return found.rows[0]!.text;
  };

  it('are sealed, each for its endpoint and column', async () => {
    const { id } = await createEndpoint(db.pool, catalog, full, { sealer });
    await rotateSecret(db.pool, catalog, id, { secret: 'hunter2-next', sealer });
    const [{ secret, olds, headers, client_key, proxy } = {} as Row] = await rows();
    const open = (
      text: string | null,
      column: 'secret' | 'old_secrets' | 'headers' | 'client_key' | 'proxy',
    ) => sealer.open(text ?? '', { endpointId: id, column });
    for (const text of [secret, olds[0]?.secret, headers, client_key, proxy]) {
      expect(text).to.match(/^sealed:v1:one:/);
    }
    expect(open(secret, 'secret')).to.equal('hunter2-next');
    expect(olds.map((old) => open(old.secret, 'old_secrets'))).to.deep.equal(['hunter2-secret']);
    expect(open(headers, 'headers')).to.equal('[["Authorization","Bearer hunter2"]]');
    expect(open(client_key, 'client_key')).to.equal(`${selfSigned.key}\n`);
    expect(open(proxy, 'proxy')).to.equal('http://me:hunter2@proxy.example.net:3128/');
    expect(await dump())
      .not.to.include('hunter2')
      .and.not.to.include('PRIVATE KEY');
  });

  it('stay as they are stored while something else changes', async () => {
    const { id } = await createEndpoint(db.pool, catalog, full, { sealer });
    const before = await rows();
    const changed = await updateEndpoint(db.pool, catalog, `0${id}`, { description: 'two' }, { sealer });
    expect(changed).to.deep.include({ description: 'two', headers: ['Authorization'] });
    expect(await rows()).to.deep.equal(before);
    await updateEndpoint(db.pool, catalog, id, { headers: [['X-Key', 'v']] }, { sealer });
    const [first] = await rows();
    expect(first).to.deep.equal({ ...before[0], headers: first?.headers });
    expect(first?.headers).not.to.equal(before[0]?.headers);
  });

  it('cannot be changed, nor lost, without the key', async () => {
    const { id } = await createEndpoint(db.pool, catalog, full, { sealer });
    const before = await rows();
    for (const attempt of [
      () => updateEndpoint(db.pool, catalog, id, { description: 'two' }),
      () => updateEndpoint(db.pool, catalog, id, { secret: 'x' }, { sealer: createSealer([key('two', 2)]) }),
      () => rotateSecret(db.pool, catalog, id),
    ]) {
      expect(await failure(attempt())).to.include({ code: 'secret_sealed' });
    }
    expect(await rows()).to.deep.equal(before);
    expect(await getEndpoint(db.pool, id)).to.include({ description: '', hasSecret: true });
  });

  it('that nobody can open any more are replaced by whoever names them anew', async () => {
    const { id } = await createEndpoint(db.pool, catalog, full, { sealer });
    await rotateSecret(db.pool, catalog, id, { secret: 'hunter2-next', sealer });
    const other = { sealer: createSealer([key('two', 2)]) };
    const replaced = { secret: 'mine', headers: null, proxy: 'http://p.example/' };
    expect(await failure(updateEndpoint(db.pool, catalog, id, replaced, other))).to.include({
      where: 'client_key',
    });
    const again = { ...replaced, clientKey: null, clientCertificate: null };
    expect(await updateEndpoint(db.pool, catalog, id, again, other)).to.deep.include({
      hasSecret: true,
      headers: [],
      proxy: 'http://p.example',
    });
    const [row] = await rows();
    expect(other.sealer.open(row?.secret ?? '', { endpointId: id, column: 'secret' })).to.equal('mine');
    expect(row?.olds).to.deep.equal([]);
  });

  it('are counted by how they are kept', async () => {
    expect(await sealedStatus(db.pool, sealer)).to.deep.equal({ kept: [], stale: 0 });
    await createEndpoint(db.pool, catalog, full);
    await createEndpoint(db.pool, catalog, full, { sealer });
    const { id } = await createEndpoint(db.pool, catalog, { ...full, secret: null }, { sealer });
    await rotateSecret(db.pool, catalog, id, { secret: 'first', sealer });
    await rotateSecret(db.pool, catalog, id, { secret: 'second', sealer: newer });
    const plain = { key: null, secrets: 4, endpoints: 1, closed: 0 };
    // Two endpoints, of which the latter has no secret of its own and an old one, both of the second key.
    expect(await sealedStatus(db.pool, newer)).to.deep.equal({
      kept: [
        plain,
        { key: 'one', secrets: 7, endpoints: 2, closed: 0 },
        { key: 'two', secrets: 2, endpoints: 1, closed: 0 },
      ],
      stale: 11,
    });
    expect(await sealedStatus(db.pool, sealer)).to.deep.equal({
      kept: [
        plain,
        { key: 'one', secrets: 7, endpoints: 2, closed: 0 },
        { key: 'two', secrets: 2, endpoints: 1, closed: 2 },
      ],
      stale: 4,
    });
  });

  it('are told of at the start of a daemon where it cannot open them, or has a key that they are not sealed with', async () => {
    const lines: Array<Record<string, unknown>> = [];
    const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    await createEndpoint(db.pool, catalog, full);
    await tellOfSecrets(db.pool, plainSealer, log);
    expect(lines).to.deep.equal([]);
    await tellOfSecrets(db.pool, sealer, log);
    await sealAll(db.pool, sealer);
    await tellOfSecrets(db.pool, sealer, log);
    expect(lines.map(({ level, secrets, closed }) => ({ level, secrets, closed }))).to.deep.equal([
      { level: 40, secrets: 4, closed: undefined },
    ]);
    await tellOfSecrets(db.pool, plainSealer, log);
    expect(lines).to.have.length(2);
    expect(lines[1]).to.deep.include({ level: 50, closed: [{ key: 'one', secrets: 4 }] });
    expect(JSON.stringify(lines)).not.to.include('hunter2').and.not.to.include('sealed:v1');
  });

  it('are all sealed with the first key, once and as often as it is said', async () => {
    const plain = await createEndpoint(db.pool, catalog, full);
    const old = await createEndpoint(db.pool, catalog, full, { sealer });
    await rotateSecret(db.pool, catalog, old.id, { secret: 'hunter2-next', sealer });
    await createEndpoint(db.pool, catalog, {
      ...full,
      secret: null,
      headers: null,
      proxy: null,
      clientKey: null,
      clientCertificate: null,
    });
    const before = await getEndpoint(db.pool, old.id, { sealer });
    expect(await sealAll(db.pool, newer)).to.deep.equal({ sealed: 2, current: 1, closed: [] });
    const { kept, stale } = await sealedStatus(db.pool, createSealer([key('two', 2)]));
    expect(kept).to.deep.equal([{ key: 'two', secrets: 9, endpoints: 2, closed: 0 }]);
    expect(stale).to.equal(0);
    expect(await dump())
      .not.to.include('hunter2')
      .and.not.to.include('PRIVATE KEY');
    const sealed = await rows();
    expect(await sealAll(db.pool, newer)).to.deep.equal({ sealed: 0, current: 3, closed: [] });
    expect(await rows()).to.deep.equal(sealed);
    // Nobody has changed the endpoint; only its row is another one.
    const { version: _, ...after } = await getEndpoint(db.pool, old.id, { sealer: newer });
    expect(before).to.deep.include(after);
    const changed = await updateEndpoint(db.pool, catalog, plain.id, { description: 'x' }, { sealer: newer });
    expect(changed).to.deep.include({ headers: ['Authorization'] });
  });

  it('that cannot be opened stay, and do not keep the others from being sealed', async () => {
    const stranger = createSealer([key('lost', 9)]);
    const lost = await createEndpoint(db.pool, catalog, full, { sealer: stranger });
    // One column of several.
    await db.query(`update rowhook.endpoint set headers = '[["X-Key","v"]]'`);
    await createEndpoint(db.pool, catalog, full);
    const [before] = await rows();
    expect(await sealAll(db.pool, newer)).to.deep.equal({ sealed: 1, current: 0, closed: [lost.id] });
    const after = await rows();
    expect(after[0]).to.deep.equal(before);
    expect(after[1]?.secret).to.match(/^sealed:v1:two:/);
    // A key that has the right name only is none.
    const ids = [lost.id, String(Number(lost.id) + 1)];
    expect((await sealAll(db.pool, createSealer([key('two', 9)]))).closed).to.deep.equal(ids);
  });

  it('are not overwritten when somebody changes them while they are sealed', async () => {
    const made = await createEndpoint(db.pool, catalog, full);
    await createEndpoint(db.pool, catalog, full);
    let changes = 0;
    // Between reading and writing, the first two times; the last time somebody deletes the other one.
    const busy: Queryable = {
      async query(statement, values) {
        if (String(statement).includes('update rowhook.endpoint')) {
          changes += 1;
          if (changes <= 2) {
            await updateEndpoint(db.pool, catalog, made.id, { secret: `hunter2-${changes}` }, { sealer });
          }
          if (changes === 1) await db.query('delete from rowhook.endpoint where id <> $1', [made.id]);
        }
        return db.pool.query(statement as string, values as unknown[]) as never;
      },
    };
    expect(await sealAll(busy, newer)).to.deep.equal({ sealed: 1, current: 0, closed: [] });
    expect(changes).to.equal(3);
    const [row] = await rows();
    expect(newer.open(row?.secret ?? '', { endpointId: made.id, column: 'secret' })).to.equal('hunter2-2');
    expect(row?.secret).to.match(/^sealed:v1:two:/);
  });

  it('are sealed in batches: what was done before a break stays done, and the next call does the rest', async () => {
    await db.query(
      `insert into rowhook.endpoint (url, events, secret) select 'https://a.example/' || n, '{*}', 's' || n from generate_series(1, 1200) n`,
    );
    let batches = 0;
    const breaking: Queryable = {
      async query(statement, values) {
        if (String(statement).includes('update rowhook.endpoint')) {
          batches += 1;
          if (batches === 2) throw new Error('the connection is gone');
        }
        return db.pool.query(statement as string, values as unknown[]) as never;
      },
    };
    expect((await failure(sealAll(breaking, sealer)))?.message).to.equal('the connection is gone');
    expect((await sealedStatus(db.pool, sealer)).stale).to.equal(700);
    expect(await sealAll(db.pool, sealer)).to.deep.equal({ sealed: 700, current: 500, closed: [] });
    const found = await rows();
    found.forEach((row, index) => {
      const opened = sealer.open(row.secret ?? '', { endpointId: String(index + 1), column: 'secret' });
      expect(opened).to.equal(`s${index + 1}`);
    });
  });
});
