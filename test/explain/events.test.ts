import { expect } from 'chai';
import { v7 } from 'uuid';
import { storyText } from '../../src/cli/explain.ts';
import { RowhookError } from '../../src/errors.ts';
import type { Story } from '../../src/explain/story.ts';
import { redeliver } from '../../src/store/deliveries.ts';
import { pauseEndpoint, resumeEndpoint } from '../../src/store/endpoint-state.ts';
import { waitUntil } from '../support/wait.ts';
import { allSteps, codes, type ExplainKit, explainKit, masked, wordsOf } from './explain-kit.ts';

describe('the story of an event', function () {
  this.timeout(60_000);
  let kit: ExplainKit;
  beforeEach(async () => {
    kit = await explainKit();
    await kit.startRelay();
  });
  afterEach(() => kit.end());

  const gift = (id: number) => `insert into gifts values (${id}, 'x', 'a')`;
  /** The event of a gift that is made now. */
  const made = async (id = 412): Promise<string> => (await kit.relayed(gift(id)))[0]!;
  const answer = async (id: string, endpoint?: string) =>
    masked((await kit.explain(id, { endpoint })).answer);
  const adviceOf = (story: Story) => allSteps(story.steps).flatMap(({ advice }) => advice.map(masked));
  const deliveryOf = async (endpoint: string): Promise<string> => {
    const { rows } = await kit.db.query<{ id: string }>(
      `select delivery_id as id from rowhook.attempt where endpoint_id = $1
       union select id from rowhook.delivery where endpoint_id = $1
       union select id from rowhook.delivery_waiting where endpoint_id = $1 order by id desc`,
      [endpoint],
    );
    return rows[0]!.id;
  };

  it('tells each endpoint apart: of two tenants, paused, disabled, failing, blocked, not subscribed, too late', async () => {
    const ok = await kit.receiver();
    const broken = await kit.receiver(() => ({ status: 500 }));
    const endpoint = (columns: Record<string, unknown>) =>
      kit.endpoint({ url: ok.url('/hook?token=geheim'), events: ['*'], ...columns });
    await endpoint({ tenant: 'a' });
    await endpoint({ tenant: 'b' });
    await endpoint({ tenant: 'a', paused_at: '2026-01-02T03:04:05Z' });
    await endpoint({ events: ['campaign_create', 'gift_delete'] });
    await endpoint({ url: broken.url('/hook') });
    await endpoint({ url: 'http://10.1.2.3/hook' });
    await endpoint({ active: false });
    const event = await made();
    await endpoint({});
    await kit.send(2);
    expect(masked(storyText(await kit.explain(event)))).to.equal(
      `
Delivered to 1 of 5 endpoints; endpoint 3 has not got it yet: it is paused since <time>; endpoint 5 did not get it: all 2 attempts failed, the last one because the receiver answered with status 500; endpoint 6 did not get it: all 2 attempts failed, the last one because requests may not go to that address (10.1.2.3 is not an address that may be called); 1 other has not got it either.

gift_create of gift:412: changed <time>, made <time>, tenant a, event <id>
  endpoint 1 (http://127.0.0.1:<port>/hook), delivery <id>: delivered: at the first attempt, at <time>
    attempt 1 at <time>: status 200, the receiver took it, after <duration>
  endpoint 3 (http://127.0.0.1:<port>/hook), delivery <id>: held: it is paused since <time>
    → rowhook endpoints resume 3
  endpoint 5 (http://127.0.0.1:<port>/hook), delivery <id>: exhausted: all 2 attempts failed, the last one because the receiver answered with status 500
    → rowhook deliveries redeliver <id>
    attempt 1 at <time>: status 500, after <duration>; the next one due at <time>
    attempt 2 at <time>: status 500, after <duration>; the last one
  endpoint 6 (http://10.1.2.3/hook), delivery <id>: blocked address: all 2 attempts failed, the last one because requests may not go to that address (10.1.2.3 is not an address that may be called)
    → If requests may go there, allow it in the config, and start the daemon anew: delivery: { allow: ['10.1.2.3'] }
    → rowhook deliveries redeliver <id>
    attempt 1 at <time>: requests may not go to that address (10.1.2.3 is not an address that may be called), after <duration>; the next one due at <time>
    attempt 2 at <time>: requests may not go to that address (10.1.2.3 is not an address that may be called), after <duration>; the last one
  endpoint 7 (http://127.0.0.1:<port>/hook): disabled: it was disabled then, since <time>, by hand
  another tenant's, as this event is of tenant a: endpoint 2 (http://127.0.0.1:<port>/hook, tenant b)
  not subscribed to gift_create: endpoint 4 (http://127.0.0.1:<port>/hook, takes campaign_create and gift_delete)
  registered later: endpoint 8 (http://127.0.0.1:<port>/hook)`.trimStart(),
    );
    const why = (id: string) => answer(event, id);
    expect(await why('1')).to.equal('Endpoint 1 got it at the first attempt, at <time>.');
    expect(await why('2')).to.equal(
      'Endpoint 2 did not get it: it gets the events of tenant b, and this one is of tenant a.',
    );
    expect(await why('3')).to.equal('Endpoint 3 has not got it yet: it is paused since <time>.');
    expect(await why('4')).to.equal(
      'Endpoint 4 did not get it: it was not subscribed to gift_create, but to campaign_create and gift_delete.',
    );
    expect(await why('7')).to.equal(
      'Endpoint 7 did not get it: it was disabled then, since <time>, by hand.',
    );
    expect(await why('8')).to.equal(
      'Endpoint 8 did not get it: it was registered at <time>, after the event was made.',
    );
    expect(await why(broken.url('/hook'))).to.match(/^Endpoint 5 did not get it: all 2 attempts failed/);
    for (const unknown of ['99', 'https://nobody.example/', ok.url('/hook?token=geheim')]) {
      const error = await kit.explain(event, { endpoint: unknown }).catch((thrown: unknown) => thrown);
      expect(error, unknown).to.be.instanceOf(RowhookError).with.property('code', 'endpoint_unknown');
    }
  });

  it('tells what an endpoint was then, whatever it is now', async () => {
    const { db } = kit;
    const ok = await kit.receiver();
    const gone = await kit.endpoint({ url: ok.url(), events: ['*'] });
    await db.query('delete from rowhook.endpoint');
    const other = await kit.endpoint({ url: ok.url(), events: ['gift_delete'] });
    const off = await kit.endpoint({ url: ok.url(), events: ['*'] });
    await db.query(`update rowhook.endpoint set active = false, disabled_reason = 'http_410' where id = $1`, [
      off,
    ]);
    const event = await made();
    await db.query(`update rowhook.endpoint set active = true, events = '{*}'`);
    await db.query('delete from rowhook.endpoint where id = $1', [off]);
    expect(await answer(event)).to.equal(
      'Endpoint 3 did not get it: it was disabled then, since <time>, because the receiver answered that it is gone (status 410).',
    );
    expect(await answer(event, other)).to.contain('it was not subscribed to gift_create, but to gift_delete');
    expect(await answer(event, gone)).to.equal(
      'Endpoint 1 did not get it: it was deleted at <time>, before the event was made.',
    );
    await db.query('delete from rowhook.endpoint');
    expect(await answer(await made(2))).to.equal(
      'Nobody got it: no endpoint took gift_create when it was made.',
    );
  });

  it('tells why a delivery is held, and that it goes on by itself where it does', async () => {
    const { db } = kit;
    const ok = await kit.receiver();
    const id = await kit.endpoint({ url: ok.url(), events: ['*'] });
    const event = await made();
    const set = (what: string) => db.query(`update rowhook.endpoint set ${what}`);
    const health = (columns: string, values: string) =>
      db.query(
        `delete from rowhook.endpoint_health; insert into rowhook.endpoint_health (endpoint_id, ${columns}) values (${id}, ${values})`,
      );
    await set(`active = false, disabled_reason = 'failing'`);
    expect(await answer(event)).to.equal(
      'Endpoint 1 has not got it yet: it is disabled since <time>, because it had failed for days.',
    );
    expect(adviceOf(await kit.explain(event))).to.eql([`rowhook endpoints enable ${id}`]);
    await set('active = true, disabled_reason = null');
    await health('paused_until', `now() + interval '1 hour'`);
    expect(await answer(event)).to.equal(
      'Endpoint 1 has not got it yet: its receiver asked for a pause until <time>.',
    );
    await health('failures, failing_since, open_until', `12, now(), now() + interval '1 hour'`);
    expect(await answer(event)).to.equal(
      'Endpoint 1 has not got it yet: it is held back, as 12 requests in a row failed since <time>; the next try goes out at <time>.',
    );
    await health('throttle, paused_until', `0.5, now() - interval '1 hour'`);
    expect(await answer(event)).to.equal(
      'Endpoint 1 has not got it yet: the delivery is due, it is the next one; the endpoint gets 0.5 requests a second at most, as it answered that it gets too much.',
    );
    await db.query('delete from rowhook.endpoint_health');
    const second = await made(413);
    expect(await answer(second)).to.contain('the delivery is due, 1 other of the endpoint goes before it');
    await db.query('update rowhook.delivery set starts = 3 where event_id = $1', [event]);
    expect(await answer(event)).to.contain('it was begun 3 times without an end, and is sent alone');
    await db.query(
      `update rowhook.delivery set lease = $2, leased_until = now() + interval '1 minute' where event_id = $1`,
      [event, v7()],
    );
    expect(await answer(event)).to.equal('Endpoint 1 has not got it yet: a daemon is sending it now.');
    await kit.stopRelay();
    expect(await answer(second)).to.contain('; no daemon seems to run');
  });

  it('tells of an attempt that failed, the next one, and what was redelivered by hand', async () => {
    const { db } = kit;
    const fails = await kit.receiver(() => ({ status: 503 }));
    const id = await kit.endpoint({ url: fails.url(), events: ['*'] });
    const event = await made();
    const { dispatcher } = await kit.dispatcher(1);
    await kit.attempted(1);
    expect(await answer(event)).to.equal(
      'Endpoint 1 has not got it yet: attempt 1 failed, because the receiver answered with status 503; the next one is due at <time>.',
    );
    await db.query(`update rowhook.delivery_waiting set due_at = now() - interval '1 hour'`);
    expect(await answer(event)).to.match(/; the next one was due at <time>\.$/);
    await kit.retry();
    await kit.attempted(2);
    const delivery = await deliveryOf(id);
    expect(await answer(delivery)).to.match(
      /^Endpoint 1 did not get it: all 2 attempts failed, the last one because/,
    );
    fails.answer(() => ({}));
    await redeliver(db.pool, delivery);
    dispatcher.wake();
    await kit.attempted(3);
    const story = await kit.explain(delivery);
    expect(masked(story.answer)).to.equal('Endpoint 1 got it at attempt 3, at <time>.');
    expect(wordsOf(story, 'attempt').map(masked)).to.eql([
      'attempt 1 at <time>: status 503, after <duration>; the next one due at <time>',
      'attempt 2 at <time>: status 503, after <duration>; the last one',
      'attempt 3 at <time>: redelivered by hand; status 200, the receiver took it, after <duration>',
    ]);
    await dispatcher.stop();
    await redeliver(db.pool, delivery);
    expect(await answer(event)).to.equal(
      'Endpoint 1 got it at attempt 3, at <time>, and it was redelivered by hand: it is queued again.',
    );
  });

  it('tells of what was dropped: with its endpoint, at a resume, and long ago', async () => {
    const { db } = kit;
    const fails = await kit.receiver(() => ({ status: 500 }));
    const first = await kit.endpoint({ url: fails.url(), events: ['*'] });
    const event = await made();
    await kit.send(1);
    await db.query('update rowhook.attempt set verdict = $1', ['retry']);
    await db.query('delete from rowhook.endpoint where id = $1', [first]);
    expect(await answer(event)).to.equal(
      'Endpoint 1 did not get it: it was deleted at <time>, and what it still was to get with it.',
    );
    const second = await kit.endpoint({ url: fails.url(), events: ['*'] });
    const untried = await made(2);
    await db.query('delete from rowhook.delivery');
    expect(await answer(untried)).to.contain('nothing is known of its delivery any more');
    await pauseEndpoint(db.pool, second);
    const held = await made(20);
    expect((await resumeEndpoint(db.pool, second, { held: 'drop' })).dropped).to.equal(1);
    // Of the one that was taken out by hand nobody can tell it apart.
    for (const each of [held, untried])
      expect(await answer(each)).to.equal(
        'Endpoint 2 did not get it: what was held for it was dropped at <time>, as somebody had asked.',
      );
    await db.query('delete from rowhook.endpoint where id = $1', [second]);
    expect(await answer(untried)).to.contain(
      'it was deleted at <time>, and what it still was to get with it',
    );
    const third = await kit.endpoint({ url: fails.url(), events: ['*'] });
    const late = await made(3);
    await db.query('update rowhook.event set delivery_count = 0; delete from rowhook.delivery');
    expect(await answer(late, third)).to.contain(
      'it is as it is since <time>, which was too late for this event',
    );
    await db.query(`update rowhook.schema_version set installed_at = clock_timestamp()`);
    expect(await answer(late, third)).to.contain('nobody knows what it was then');
  });

  it('finds a delivery by its id wherever it is, and of a gone event what is left', async () => {
    const { db } = kit;
    const fails = await kit.receiver(() => ({ status: 500 }));
    const id = await kit.endpoint({ url: fails.url(), events: ['*'] });
    const paused = await kit.endpoint({ url: fails.url(), events: ['*'], paused_at: new Date() });
    const event = await made();
    const held = await deliveryOf(paused);
    const story = await kit.explain(held);
    expect(masked(story.answer)).to.equal(
      `Endpoint ${paused} has not got it yet: it is paused since <time>.`,
    );
    expect(codes(story)).to.eql(['event', 'held']);
    await kit.send(1);
    const sent = await deliveryOf(id);
    await db.query('delete from rowhook.event where id = $1', [event]);
    expect(wordsOf(await kit.explain(sent), 'event').map(masked)[0]).to.match(
      /^an event that is no longer kept:/,
    );
    expect(await answer(sent)).to.match(/^Endpoint 1 did not get it: its only attempt failed, because/);
    for (const unknown of [event, v7(), 'person:412', "'; drop table x"]) {
      const error = await kit.explain(unknown).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RowhookError).with.property('code', 'id_unknown');
    }
  });

  it('sums up what is many: deliveries, attempts, endpoints that are not concerned', async () => {
    const { db } = kit;
    const ok = await kit.receiver();
    await db.query(
      `insert into rowhook.endpoint (url, events) select $1, '{gift_create}' from generate_series(1, 40)`,
      [ok.url()],
    );
    await db.query(
      `insert into rowhook.endpoint (url, events, paused_at)
       select $1, '{gift_create}', case when i > 1 then now() end from generate_series(1, 3) i`,
      ['http://10.0.0.1/'],
    );
    await db.query(
      `insert into rowhook.endpoint (url, events) select $1, '{gift_delete}' from generate_series(1, 1000)`,
      [ok.url()],
    );
    const event = await made();
    await kit.send(1);
    await db.query(
      `insert into rowhook.attempt select ('ff' || substr(gen_random_uuid()::text, 3))::uuid, endpoint_id, delivery_id, event_id, n, started_at, duration_ms, verdict,
         reason, detail, url, dialect, request_headers
       from rowhook.attempt, generate_series(2, 60) n where endpoint_id = 41`,
    );
    const story = await kit.explain(event);
    expect(masked(story.answer)).to.match(
      /^Delivered to 40 of 43 endpoints; endpoint 41 did not get it: .*; endpoint 42 has not/,
    );
    expect(codes(story).filter((code) => code === 'attempt')).to.have.lengthOf(17 + 1 + 50);
    expect(wordsOf(story, 'attempt')).to.include(
      '10 earlier attempts: rowhook deliveries show tells them all',
    );
    expect(wordsOf(story, 'delivered').at(-1)).to.equal(
      '23 more endpoints: delivered: 18, 19, 20 and 20 others',
    );
    expect(wordsOf(story, 'not_subscribed').map(masked)[0]).to.match(
      /^not subscribed to gift_create: endpoints 44 \(http:\S+, takes gift_delete\), .* 48 \(.*\) and 995 others$/,
    );
    expect(await answer(event, '1043')).to.contain('it was not subscribed to gift_create');
  });

  it('tells which delivery of its record one waits for', async () => {
    const fails = await kit.receiver(() => ({ status: 500 }));
    await kit.endpoint({ url: fails.url(), events: ['*'], ordering: 'record' });
    const first = await made();
    const { dispatcher } = await kit.dispatcher(1);
    await kit.attempted(1);
    const [second] = await kit.relayed(`update gifts set note = 'y'`);
    dispatcher.wake();
    const story = await waitUntil(
      async () => {
        const told = await kit.explain(second!);
        return codes(told).includes('behind') && told;
      },
      { what: 'the second delivery to wait' },
    );
    const blocker = allSteps((await kit.explain(first)).steps).find(({ code }) => code === 'waiting')!;
    expect(story.answer).to.contain(
      `the delivery waits for ${blocker.facts.delivery} of the same record, which waits for its`,
    );
    expect(allSteps(story.steps)[1]!.advice).to.eql([`rowhook explain ${blocker.facts.delivery}`]);
    await dispatcher.stop();
  });

  it('finds deliveries that went to others than those who took such events then', async () => {
    const { db } = kit;
    const id = await kit.endpoint({ url: 'http://127.0.0.1:9/', events: ['*'] });
    const event = await made();
    await db.query(
      `update rowhook.endpoint_change set changed_at = now() - interval '1 day', events = '{gift_delete}'`,
    );
    expect(wordsOf(await kit.explain(event), 'due')[0]).to.match(new RegExp(`^endpoint ${id} `));
  });

  it('finds its attempts behind those of many other deliveries', async () => {
    const ok = await kit.receiver();
    await kit.endpoint({ url: ok.url(), events: ['*'] });
    const event = await made();
    await kit.send(1);
    // Ids between the event's and its delivery's, in several walks' number.
    await kit.db.query(
      `insert into rowhook.attempt (id, endpoint_id, delivery_id, event_id, number, started_at, duration_ms, verdict, reason, url, dialect, request_headers)
       select ('ff' || substr(gen_random_uuid()::text, 3))::uuid, endpoint_id, (left($1, 24) || lpad(to_hex(('x' || right($1, 12))::bit(48)::bigint + n), 12, '0'))::uuid,
         gen_random_uuid(), 1, started_at, 1, 'succeeded', 'success', url, dialect, '[]'
       from rowhook.attempt, generate_series(1, 10500) n`,
      [event],
    );
    expect(await answer(event)).to.equal('Endpoint 1 got it at the first attempt, at <time>.');
  });

  it('lets no text of others steer the terminal', () => {
    expect(storyText({ answer: 'a\u001b[2J\nb', steps: [] })).to.equal('a [2J b');
  });

  it('knows that a ping is for its endpoint alone', async () => {
    const { db } = kit;
    const ok = await kit.receiver();
    const id = await kit.endpoint({ url: ok.url(), events: ['gift_create'] });
    const other = await kit.endpoint({ url: ok.url(), events: ['*'] });
    const ping = v7();
    await db.query(
      `with event as (
         insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at)
         values ($1, 'ping', 'endpoint', $2, '{}', 1, now()) returning id)
       insert into rowhook.delivery (endpoint_id, id, event_id) select $2::bigint, $3, id from event`,
      [ping, id, v7()],
    );
    await kit.send(1);
    const story = await kit.explain(ping);
    expect(masked(story.answer)).to.equal('Endpoint 1 got it at the first attempt, at <time>.');
    expect(codes(story)).to.eql(['event', 'delivered', 'attempt']);
    expect(await answer(ping, other)).to.equal('Endpoint 2 did not get it: it is the ping of endpoint 1.');
  });
});
