import { expect } from 'chai';
import { story } from '../../../src/admin/shapes/common.ts';
import { deliveryDetail, deliveryPage } from '../../../src/admin/shapes/delivery.ts';
import { eventDetail, eventPage } from '../../../src/admin/shapes/event.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { dispatcherKit } from '../../delivery/dispatcher-kit.ts';
import { addEndpoint, enqueue, impatient, payloads, sendAll } from '../../delivery/queue.ts';
import { type Asking, adminOf } from '../admin-kit.ts';
import { hostile, refusal, shaped } from './shaped.ts';

const nobodys = '01a206e5-d73c-7030-8625-518d0dabf160';

describe('the API of deliveries and events', () => {
  const kit = dispatcherKit();
  let ask: Asking['ask'];
  beforeEach(() => {
    ({ ask } = adminOf(kit.db(), siteStacker(), { allow: ['127.0.0.1'] }));
  });

  const list = async (query = '') => shaped(deliveryPage, await ask('GET', `/deliveries${query}`));

  it('show a delivery with what went over the wire, whatever that was', async () => {
    const db = kit.db();
    const binary = Buffer.from([0xff, 0xfe, 0x00, 0x3c, 0x73]);
    const receiver = await kit.receiver((_, n) =>
      n === 1
        ? { status: 500, headers: { 'x-evil': '<script>alert(1)</script>' }, body: hostile.join('\n') }
        : { status: 500, body: binary },
    );
    const endpoint = await addEndpoint(db, receiver.url());
    const payload = JSON.stringify({ id: '412', name: hostile.join('') });
    const [id = ''] = await enqueue(db, endpoint, [payload], { key: `<b>&'"` });
    await sendAll(db, { retries: 1, rounds: 2 });
    const shown = shaped(deliveryDetail, await ask('GET', `/deliveries/${id}`));
    expect(shown).to.deep.include({
      id,
      endpointId: endpoint,
      endpointUrl: receiver.url(),
      state: 'exhausted',
      redeliverProblem: null,
    });
    expect(shown.event).to.include({ name: 'person_update', recordKey: `<b>&'"` });
    const [first, second] = shown.attempts;
    expect(first?.responseHeaders?.find(([name]) => name === 'x-evil')?.[1]).to.equal(
      '<script>alert(1)</script>',
    );
    expect(first?.responseBody).to.deep.include({ text: hostile.join('\n'), base64: null });
    // Each body once, whatever number of attempts sent it.
    expect(shown.requestBodies).to.deep.equal([
      { text: payload, base64: null, bytes: Buffer.byteLength(payload) },
    ]);
    expect([first?.requestBody, second?.requestBody]).to.deep.equal([0, 0]);
    expect(first).to.include({
      because: 'the receiver answered with status 500',
      verdict: 'retry',
      number: 1,
    });
    expect(first?.phases).to.have.keys('dns', 'connect', 'tls', 'wait', 'body');
    expect(first?.phases?.connect).to.be.a('number');
    expect(second?.responseBody).to.deep.equal({ text: null, base64: binary.toString('base64'), bytes: 5 });
    expect(shown.story.answer).to.match(/failed/);
    expect((await list()).deliveries).to.have.length(1);
  });

  it('send one once more, unless it is on its way, unknown, or has nothing to be sent', async () => {
    const db = kit.db();
    const receiver = await kit.receiver(() => ({ status: 500 }));
    const endpoint = await addEndpoint(db, receiver.url());
    const [id = '', due = ''] = await enqueue(db, endpoint, payloads(2));
    const { dispatcher } = await kit.start({ dialect: impatient(0, 0) });
    await kit.recorded(2);
    await dispatcher.stop();
    const redeliver = (which: string) => ask('POST', `/deliveries/${which}/redeliver`);
    expect((await redeliver(id)).status).to.equal(202);
    expect(refusal(await redeliver(id))).to.include({ status: 409, code: 'delivery_pending' });
    const pending = shaped(deliveryDetail, await ask('GET', `/deliveries/${id}`));
    expect([pending.state, pending.redeliverProblem]).to.deep.equal(['due', 'It is still on its way.']);
    expect(refusal(await redeliver(nobodys))).to.include({ status: 404, code: 'delivery_unknown' });
    expect(refusal(await redeliver('x'))).to.include({ status: 400 });
    await db.query('delete from rowhook.endpoint');
    const gone = shaped(deliveryDetail, await ask('GET', `/deliveries/${due}`));
    expect([gone.endpointUrl, gone.redeliverProblem]).to.deep.equal([null, 'Its endpoint is deleted.']);
    expect(refusal(await redeliver(due))).to.include({ status: 404, code: 'endpoint_unknown' });
    await db.query('update rowhook.event set payload = null');
    const old = shaped(deliveryDetail, await ask('GET', `/deliveries/${due}`));
    expect(old.redeliverProblem).to.match(/older than what retention keeps/);
    const { rows } = await db.query(
      'select action, endpoint_id::text as endpoint, target from rowhook.audit',
    );
    expect(rows).to.deep.equal([{ action: 'delivery_redeliver', endpoint, target: id }]);
  });

  it('page to the end without a gap or a repeat while others are sent', async () => {
    const db = kit.db();
    const receiver = await kit.receiver();
    const endpoint = await addEndpoint(db, receiver.url());
    const ids = await enqueue(db, endpoint, payloads(40));
    await sendAll(db);
    const events = await db.query<{ id: string }>('select id from rowhook.event');
    const walk = async <Page extends { next: string | null }>(
      path: string,
      read: (answer: Awaited<ReturnType<typeof ask>>) => Page,
      idsOf: (page: Page) => string[],
    ): Promise<string[]> => {
      const found: string[] = [];
      for (let before = ''; ; ) {
        const page = read(await ask('GET', `${path}?limit=7${before}`));
        found.push(...idsOf(page));
        if (page.next === null) return found;
        before = `&before=${page.next}`;
        await enqueue(db, endpoint, payloads(2));
      }
    };
    const deliveries = await walk(
      '/deliveries',
      (answer) => shaped(deliveryPage, answer),
      (page) => page.deliveries.map(({ id }) => id),
    );
    expect(new Set(deliveries)).to.have.property('size', deliveries.length);
    expect([...deliveries].sort()).to.deep.equal([...ids].sort());
    await db.query('delete from rowhook.event where id <> all ($1::uuid[])', [
      events.rows.map(({ id }) => id),
    ]);
    const made = await walk(
      '/events',
      (answer) => shaped(eventPage, answer),
      (page) => page.events.map(({ id }) => id),
    );
    expect(made).to.deep.equal(
      events.rows
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  it('find deliveries and events by what is known of them', async () => {
    const db = kit.db();
    const receiver = await kit.receiver((_, n) => ({ status: n === 1 ? 503 : 200 }));
    const endpoint = await addEndpoint(db, receiver.url());
    const [failed = ''] = await enqueue(db, endpoint, payloads(1), { name: 'person_create' });
    const { dispatcher } = await kit.start({ options: { concurrency: 1 } });
    await kit.recorded(1);
    const [sent = ''] = await enqueue(db, endpoint, payloads(1), { name: hostile[0] });
    await kit.recorded(2);
    await dispatcher.stop();
    const found = async (query: string) => (await list(query)).deliveries.map(({ id }) => id);
    const at = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    expect(await found('?event=person_create')).to.deep.equal([failed]);
    expect(await found(`?event=${encodeURIComponent(hostile[0])}`)).to.deep.equal([sent]);
    expect(await found('?state=waiting')).to.deep.equal([failed]);
    expect(await found('?status=5xx')).to.deep.equal([failed]);
    expect(await found(`?text=${sent.slice(-8)}`)).to.deep.equal([sent]);
    expect(await found(`?since=${at}`)).to.deep.equal([]);
    expect(await found(`?until=${at}&endpoint=${endpoint}`)).to.deep.equal([sent, failed]);
    expect(await found('?record=person:412')).to.deep.equal([sent, failed]);
    expect(await found(`?record=${encodeURIComponent("x:' or 1=1")}`)).to.deep.equal([]);
    expect(await found('?record=person')).to.deep.equal([sent, failed]);
    expect(await found('?record=persons')).to.deep.equal([]);
    const events = shaped(eventPage, await ask('GET', '/events?event=person_create&undelivered=false'));
    expect(events.events).to.have.length(1);
    const ofResource = async (name: string) =>
      shaped(eventPage, await ask('GET', `/events?record=${name}`)).events.length;
    expect([await ofResource('person'), await ofResource('persons')]).to.deep.equal([2, 0]);
    expect(shaped(eventPage, await ask('GET', '/events?undelivered=true')).events).to.deep.equal([]);
    for (const path of [
      'deliveries?event',
      'deliveries?record',
      'deliveries?text',
      'events?event',
      'events?record',
      'events?text',
      'endpoints?search',
    ]) {
      expect(refusal(await ask('GET', `/${path}=a%00b`)), path).to.include({ status: 400 });
    }
    expect(refusal(await ask('GET', '/records/person:%00/story'))).to.include({ status: 400 });
    for (const query of ['state=gone', 'status=9xx', 'since=today', 'limit=501', 'before=1', 'endpoint=x']) {
      const where = query.split('=')[0];
      expect(refusal(await ask('GET', `/deliveries?${query}`)), query).to.deep.include({
        status: 400,
        where,
      });
    }
  });

  it('tell of an event to whom it went, and of a record what became of it', async () => {
    const db = kit.db();
    const receiver = await kit.receiver();
    const endpoint = await addEndpoint(db, receiver.url());
    const [id = ''] = await enqueue(db, endpoint, ['{"id":"412"}']);
    await sendAll(db);
    const { rows } = await db.query<{ id: string }>('select id from rowhook.event');
    const shown = shaped(eventDetail, await ask('GET', `/events/${rows[0]!.id}`));
    expect(shown.payload).to.deep.equal({ text: '{"id":"412"}', base64: null, bytes: 12 });
    expect(shown.deliveriesOfIt.map((each) => [each.id, each.state])).to.deep.equal([[id, 'succeeded']]);
    expect(shown.story.steps[0]?.code).to.equal('event');
    // One that went to very many.
    await db.query(
      `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url, dialect,
         request_headers)
       select (left(id::text, 24) || lpad(n::text, 12, '0'))::uuid, endpoint_id, (left(delivery_id::text, 24) || lpad(n::text, 12, 'f'))::uuid,
         event_id, 1, started_at, 1, verdict, reason, url, dialect, request_headers
         from rowhook.attempt, generate_series(1, 600) n`,
    );
    await db.query('update rowhook.event set delivery_count = 601');
    const wide = shaped(eventDetail, await ask('GET', `/events/${rows[0]!.id}`));
    expect([wide.deliveries, wide.deliveriesOfIt.length]).to.deep.equal([601, 500]);
    expect(wide.deliveriesOfIt.map((each) => each.id)).to.deep.equal(
      wide.deliveriesOfIt.map((each) => each.id).sort(),
    );
    await db.query(`delete from rowhook.attempt where delivery_id <> $1`, [id]);
    expect(refusal(await ask('GET', `/events/${nobodys}`))).to.deep.equal({
      status: 404,
      code: 'id_unknown',
    });
    expect(refusal(await ask('GET', `/deliveries/${nobodys}`))).to.deep.equal({
      status: 404,
      code: 'delivery_unknown',
    });
    await db.query('create table public.people (id int primary key)');
    const told = shaped(story, await ask('GET', '/records/person:412/story'));
    expect(told.answer).to.match(/person_update/);
    const later = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    expect(shaped(story, await ask('GET', `/records/person:412/story?since=${later}`)).answer).to.match(
      /^No event/,
    );
    // A year that Postgres does not have.
    shaped(story, await ask('GET', '/records/person:412/story?since=0000-01-01T00:00:00Z'));
    expect(refusal(await ask('GET', '/records/nobody:1/story'))).to.include({
      status: 404,
      code: 'resource_unknown',
    });
    expect(refusal(await ask('GET', '/records/person:x/story'))).to.include({
      status: 422,
      code: 'record_invalid',
    });
    expect(refusal(await ask('GET', '/records/person:1/story?endpoint=99'))).to.include({ status: 404 });
  });
});
