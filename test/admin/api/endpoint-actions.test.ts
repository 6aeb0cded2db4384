import { expect } from 'chai';
import { endpoint, held, pinged, resumed, urlChecked } from '../../../src/admin/shapes/endpoint.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { addEndpoint, count, enqueue, payloads, queueDatabase } from '../../delivery/queue.ts';
import type { TestDatabase } from '../../support/database.ts';
import { type Asking, adminOf } from '../admin-kit.ts';
import { refusal, shaped } from './shaped.ts';

describe('what the API does with an endpoint', () => {
  let db: TestDatabase;
  let ask: Asking['ask'];
  let id: string;
  beforeEach(async () => {
    db = await queueDatabase();
    ({ ask } = adminOf(db, siteStacker(), { allow: ['127.0.0.1', 'localhost'] }));
    id = await addEndpoint(db, 'https://a.example/');
  });

  const act = (action: string, body?: object, headers?: Record<string, string>) =>
    ask('POST', `/endpoints/${id}/${action}`, body, headers);
  const trail = async () => {
    const { rows } = await db.query<{ action: string; target: string | null; detail: object }>(
      'select action, target, detail from rowhook.audit order by id',
    );
    return rows;
  };

  it('pauses, disables and resumes it, of the version that was seen', async () => {
    const seen = shaped(endpoint, await ask('GET', `/endpoints/${id}`));
    const paused = shaped(endpoint, await act('pause', undefined, { 'if-match': `"${seen.version}"` }));
    expect(paused).to.include({ status: 'paused', statusWords: 'paused by hand' });
    const stale = { 'if-match': `"${seen.version}"` };
    for (const [action, body] of [
      ['pause'],
      ['disable'],
      ['resume', { held: 'deliver' }],
      ['resume', { held: 'drop' }],
    ] as const) {
      expect(refusal(await act(action, body, stale)), action).to.include({ status: 412 });
    }
    const disabled = await act('disable');
    expect(shaped(endpoint, disabled)).to.include({ status: 'disabled', statusWords: 'disabled by hand' });
    expect(disabled.headers.get('etag')).to.equal(`"${disabled.body.version}"`);
    const again = shaped(resumed, await act('resume', { held: 'deliver' }));
    expect(again.endpoint).to.include({ status: 'active', statusWords: null });
    expect((await trail()).map(({ action, detail }) => [action, detail])).to.deep.equal([
      ['endpoint_pause', { before: 'active', after: 'paused' }],
      ['endpoint_disable', { before: 'paused', after: 'disabled' }],
      ['endpoint_resume', { before: 'disabled', held: 'deliver' }],
    ]);
  });

  it('says what is held, drops it when asked to, and says how many', async () => {
    await act('pause');
    await enqueue(db, id, payloads(3));
    const queued = shaped(held, await ask('GET', `/endpoints/${id}/held`));
    expect(queued.due).to.deep.equal({ count: 3, atLeast: false });
    expect(shaped(resumed, await act('resume', { held: 'drop' })).dropped).to.equal(3);
    expect((await trail()).at(-1)).to.deep.include({
      action: 'endpoint_resume',
      detail: { before: 'paused', held: 'drop', dropped: 3 },
    });
  });

  it('writes down what was dropped where dropping breaks off', async () => {
    await act('pause');
    await enqueue(db, id, payloads(3));
    // After the deliveries, before the endpoint goes on.
    await db.query(`
      create function public.break_off() returns trigger language plpgsql as $$ begin raise exception 'broken off'; end $$;
      create trigger break_off before update on rowhook.endpoint for each row when (new.paused_at is null) execute function public.break_off()`);
    expect(refusal(await act('resume', { held: 'drop' }))).to.include({ status: 500, code: 'unexpected' });
    expect((await trail()).at(-1)).to.deep.include({
      action: 'endpoint_resume',
      detail: { before: 'paused', held: 'drop', dropped: 3, brokenOffBy: 'unexpected' },
    });
    expect(shaped(endpoint, await ask('GET', `/endpoints/${id}`)).status).to.equal('paused');
  });

  it('sends a ping, and says why not', async () => {
    const { deliveryId } = shaped(pinged, await act('ping'), 202);
    expect((await trail()).at(-1)).to.deep.include({ action: 'endpoint_ping', target: deliveryId });
    await act('disable');
    expect(refusal(await act('ping'))).to.include({ status: 409, code: 'ping_unsupported' });
    expect(await count(db, 'delivery')).to.equal(1);
  });

  it('answers 404 for one that there is not, and writes nothing down', async () => {
    id = '999';
    for (const [action, body] of [
      ['ping'],
      ['pause'],
      ['disable'],
      ['resume', { held: 'deliver' }],
      ['resume', { held: 'drop' }],
    ] as const) {
      expect(refusal(await act(action, body)), action).to.include({ status: 404, code: 'endpoint_unknown' });
    }
    expect(refusal(await ask('GET', '/endpoints/999/held'))).to.include({ status: 404 });
    expect(await trail()).to.deep.equal([]);
  });

  const check = async (url: string, dialect?: string) =>
    shaped(urlChecked, await ask('POST', '/check-url', { url, ...(dialect ? { dialect } : {}) }));

  for (const [url, code, dialect] of [
    ['nowhere', 'endpoint_invalid'],
    ['ftp://a.example/', 'endpoint_invalid'],
    ['https://u:p@a.example/', 'endpoint_invalid'],
    ['http://127.0.0.1/', 'endpoint_invalid', 'amplo'],
    ['https://10.1.2.3/', 'blocked_address'],
    ['https://[::1]/', 'blocked_address'],
    ['https://0x7f000002/', 'blocked_address'],
    ['http://8.8.8.8/', 'https_required'],
    ['https://a.example:25/', 'port_blocked'],
  ] as const) {
    it(`says of ${url} what is wrong (${code})`, async () => {
      const { problem, warning } = await check(url, dialect);
      expect([problem?.code, warning]).to.deep.equal([code, null]);
      expect(problem?.message).to.match(/^[^a-z].*\.$/);
    });
  }

  it('says where a URL leads, and warns of a name that does not resolve now', async () => {
    expect(await check('http://127.0.0.1:8080/x')).to.deep.equal({
      problem: null,
      warning: null,
      addresses: ['127.0.0.1'],
    });
    expect((await check('http://localhost/')).addresses).to.include('127.0.0.1');
    const { problem, warning } = await check('https://nothing.invalid/');
    expect(problem).to.equal(null);
    expect(warning).to.match(/nothing\.invalid/);
    expect(refusal(await ask('POST', '/check-url', { url: 'x', dialect: 'morse' }))).to.deep.include({
      status: 422,
      where: 'dialect',
    });
  });

  it('checks URLs no faster than people type, for each person apart', async () => {
    let answer = await ask('POST', '/check-url', { url: 'nowhere' });
    for (let n = 0; n < 60 && answer.status === 200; n += 1)
      answer = await ask('POST', '/check-url', { url: 'nowhere' });
    expect(refusal(answer)).to.include({ status: 429, code: 'tries_exceeded' });
    expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 2);
  });
});
