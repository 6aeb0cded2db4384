import { expect } from 'chai';
import pg from 'pg';
import { storyText } from '../../src/cli/explain.ts';
import { RowhookError } from '../../src/errors.ts';
import { allSteps, codes, type ExplainKit, explainKit, masked, wordsOf } from './explain-kit.ts';

describe('the story of a record', function () {
  this.timeout(60_000);
  let kit: ExplainKit;
  beforeEach(async () => {
    kit = await explainKit();
  });
  afterEach(() => kit.end());

  const answer = async (name: string, since?: Date | number) =>
    masked((await kit.explainRecord(name, since)).answer);
  const run = async (...statements: string[]) => {
    for (const statement of statements) await kit.db.query(statement);
  };
  const refusal = async (name: string): Promise<RowhookError> => {
    const error = await kit.explainRecord(name).catch((thrown: unknown) => thrown);
    expect(error, name).to.be.instanceOf(RowhookError);
    return error as RowhookError;
  };

  it('tells what waits while the relay is down, and what became of it afterwards', async () => {
    const ok = await kit.receiver();
    await kit.endpoint({ url: ok.url('/hook'), events: ['gift_update', 'gift_create'] });
    await kit.startRelay();
    await kit.relayed(`insert into gifts values (412, 'x', 'a', 'new'), (413, 'x', 'a', 'new')`);
    await kit.stopRelay();
    await run(
      `update gifts set note = 'y' where id = 413`,
      `begin; select set_config('rowhook.request_id', 'call-7', true); update gifts set note = 'y' where id = 412; commit`,
      `update gifts set state = 'paid', test = true where id = 412`,
      `update gifts set secret_note = 'z' where id = 412`,
    );
    expect(masked(storyText(await kit.explainRecord('gift:0412', 3_600_000)))).to.equal(
      `
1 change of gift:412 waits for the relay, and no relay is active: see whether a daemon runs; gift_create of gift:412, of <time>: endpoint 1 has not got it yet: the delivery is due, it is the next one; no daemon seems to run.

gift_create of gift:412: changed <time>, made <time>, tenant a, event <id>
  endpoint 1 (http://127.0.0.1:<port>/hook), delivery <id>: due: the delivery is due, it is the next one; no daemon seems to run
it was updated, in a transaction of <time>, Request-Id call-7: not read by the relay yet, which will make gift_update of it (1 row change is read before it)
it was updated, in a transaction of <time>: not read by the relay yet, and no event waits for it (2 row changes are read before it)
no relay is active: no daemon runs, or its relay fails, which its log tells
  → rowhook start
the record is there now
gift has 4 events. A change of org, test and secret_note alone, or one that does not meet the conditions of an event, makes none and leaves no trace: afterwards nobody can know of it. Nor is a change seen before it is committed
  gift_create: the record is created
  gift_update: id or note changes
  gift_paid: state changes to "paid", and test is false; the record is not like that now: see its test
  gift_delete: the record is deleted`.trimStart(),
    );
    await kit.startRelay();
    await kit.relayed();
    await kit.send(1);
    const story = await kit.explainRecord('gift:412');
    expect(masked(story.answer)).to.equal(
      'Of 2 events the last one, gift_update of gift:412 of <time>: endpoint 1 got it at the first attempt, at <time>.',
    );
    const each = ['event', 'delivered', 'attempt'];
    expect(codes(story)).to.eql([...each, ...each, 'filtered', 'awaited']);
  });

  it('finds changes of its parts, of keys with several columns, and of the record itself, in one transaction or another', async () => {
    await run(
      `update goals set amount = 5 where id = 5`,
      `update members set role = 'host'`,
      `begin; insert into gifts values (9, 'x', 'a', 'new'); update gifts set state = 'paid' where id = 9; commit`,
      `delete from gifts where id = 9`,
      `truncate gifts`,
    );
    const campaign = await kit.explainRecord('campaign:1');
    expect(wordsOf(campaign, 'change_waiting').map(masked)).to.eql([
      'a part of it changed, in a transaction of <time>: not read by the relay yet, which will make campaign_update of it (it is read next)',
    ]);
    const member = await kit.explainRecord('member:[7,"Ada \\"L\\""]');
    expect(wordsOf(member, 'change_waiting')[0])
      .to.contain('it was updated')
      .and.to.contain('will make member_update');
    expect(member.answer).to.contain('member:["7", "Ada \\"L\\""] waits');
    const gift = await kit.explainRecord('gift:9');
    expect(wordsOf(gift, 'change_waiting').map(masked)).to.eql([
      'it was created and it was updated, in a transaction of <time>: not read by the relay yet, which will make gift_create of it (2 row changes are read before it)',
      'it was deleted, in a transaction of <time>: not read by the relay yet, which will make gift_delete of it (4 row changes are read before it)',
    ]);
    expect(wordsOf(gift, 'change_silent').map(masked)).to.eql([
      'its table was truncated, in a transaction of <time>: not read by the relay yet, and no event waits for it (5 row changes are read before it)',
    ]);
    expect(wordsOf(gift, 'record')).to.eql(['there is no such record now']);
    expect(codes(await kit.explainRecord('gift:8')))
      .to.include('change_silent')
      .and.not.to.include('change_waiting');
  });

  it('finds a transaction that was open when the relay last looked', async () => {
    await kit.startRelay();
    const client = new pg.Client({ connectionString: kit.db.url });
    await client.connect();
    await client.query(`begin; insert into gifts values (1, 'x', 'a')`);
    // Window by window, until the cursor is past what that transaction wrote.
    for (const id of [2, 3, 4]) await kit.relayed(`insert into gifts values (${id}, 'x', 'a')`);
    const { rows } = await kit.db.query(
      'select floor_seq > (select min(seq) from rowhook.outbox) + 1 as past from rowhook.relay_cursor order by id desc limit 1',
    );
    expect(rows).to.eql([{ past: true }]);
    await kit.stopRelay();
    expect(await answer('gift:1')).to.equal(
      'No event of gift:1 was made since <time>, and there is no such record now.',
    );
    await client.query('commit');
    await client.end();
    const story = await kit.explainRecord('gift:1');
    expect(masked(story.answer)).to.equal(
      '1 change of gift:1 waits for the relay, and no relay is active: see whether a daemon runs.',
    );
    // What it has read lies next to it, and waits no more.
    expect(codes(await kit.explainRecord('gift:4'))).not.to.include('change_waiting');
  });

  it('tells of records that are set aside, and of events that wait for a last row', async () => {
    await run(
      `insert into rowhook.set_aside (resource, record_key, reason, detail, retry_at, tries)
       values ('gift', '7', 'payload_failed', 'SQLSTATE 22012', now() + interval '1 hour', 2);
       insert into rowhook.set_aside_event (resource, record_key, event)
       select 'gift', '7', '{"name": "gift_update", "resourceName": "gift", "key": "7"}' from generate_series(1, 2);
       insert into rowhook.relay_parked (resource, record_key, event, window_number)
       values ('campaign', '1', '{"name": "gift_create", "resourceName": "gift", "key": "7"}', 1)`,
    );
    const story = await kit.explainRecord('gift:7');
    expect(masked(story.answer)).to.equal(
      'gift:7 is set aside since <time>, because the database cannot make its body: 2 events of it wait.',
    );
    expect(wordsOf(story, 'set_aside').map(masked)).to.eql([
      'set aside since <time>, because the database cannot make its body (SQLSTATE 22012): 2 events (gift_update); tried 2 times since, next at <time>',
    ]);
    expect(allSteps(story.steps).find(({ code }) => code === 'set_aside')!.advice).to.eql([
      `When the cause is mended: rowhook set-aside retry --resource gift --record '7'`,
    ]);
    expect(wordsOf(story, 'parked')).to.eql([
      'gift_create waits for the last row of campaign:1, which a delete brings that is still to be read',
    ]);
  });

  it('says plainly what nobody can know: gaps, drift, changes without an event', async () => {
    await kit.startRelay();
    await kit.relayed();
    expect(await answer('gift:5')).to.equal(
      'No event of gift:5 was made since <time>, and there is no such record now.',
    );
    await kit.relayed(
      `set session_replication_role = replica; insert into gifts values (5, 'x', 'a'); reset session_replication_role`,
    );
    const story = await kit.explainRecord('gift:5');
    expect(masked(story.answer)).to.equal(
      'No event of gift:5 was made since <time>, and changes of its tables went by unseen.',
    );
    expect(wordsOf(story, 'gap').map(masked)).to.eql([
      'public.gifts was written to with session_replication_role = replica (1 transaction from <time> to <time>), which gave no events: nobody knows which rows these were',
    ]);
    expect(await answer('campaign:1')).to.equal(
      'No event of campaign:1 was made since <time>: nothing that was committed and captured since is what an event waits for.',
    );
    await run('alter table campaigns disable trigger rowhook_update');
    const drifted = await kit.explainRecord('campaign:1');
    expect(masked(drifted.answer)).to.equal(
      'No event of campaign:1 was made since <time>, and capture does not see all that happens to its tables.',
    );
    const [drift] = allSteps(drifted.steps).filter(({ code }) => code === 'drift');
    expect(drift!.words).to.match(/triggers that are switched off: rowhook_update; .* \(blind\)$/);
    expect(drift!.advice).to.eql(['ALTER TABLE "public"."campaigns" ENABLE TRIGGER "rowhook_update";']);
    expect(wordsOf(drifted, 'awaited')).to.eql([
      'campaign_create: the record is created',
      'campaign_update: id or name changes, or a row of goals comes or goes, or amount or campaign_code of goals changes',
    ]);
  });

  it('begins where it is told to, and tells the latest of many events', async () => {
    await kit.startRelay();
    await kit.relayed(`insert into gifts values (1, 'x', 'a')`);
    for (let n = 0; n < 22; n++) await run(`update gifts set note = '${n}' where id = 1`);
    await kit.relayed();
    const story = await kit.explainRecord('gift:1');
    expect(codes(story).filter((code) => code === 'event')).to.have.lengthOf(20);
    expect(masked(story.answer)).to.equal(
      'Of 23 events the last one, gift_update of gift:1 of <time>: nobody got it: no endpoint took gift_update when it was made.',
    );
    expect(wordsOf(story, 'note')).to.eql([
      '3 earlier events: ask since a later time, or for one of them by its id',
    ]);
    await kit.db.query(
      `with gone as (delete from rowhook.event returning *)
       insert into rowhook.event select (case when name = 'gift_create' then '0199' else '019a' end || substr(id::text, 5))::uuid,
         name, resource, record_key, request_id, payload, delivery_count, seq, changed_at, created_at, tenant from gone`,
    );
    expect(await answer('gift:1')).to.match(/^No event of gift:1 was made since/);
    const between = new Date(0x019a00000000);
    expect(await answer('gift:1', between)).to.match(/^Of 22 events/);
  });

  it('tells of each event what endpoints were when that was made', async () => {
    const id = await kit.endpoint({ url: 'http://127.0.0.1:9/', events: ['gift_delete'] });
    await kit.startRelay();
    await kit.relayed(`insert into gifts values (1, 'x', 'a')`, `update gifts set note = 'y'`);
    await run(`update rowhook.endpoint set events = '{*}'`);
    await kit.relayed(`update gifts set note = 'z'`);
    expect(codes(await kit.explainRecord('gift:1', undefined, { endpoint: id }))).to.eql([
      'event',
      'not_subscribed',
      'event',
      'not_subscribed',
      'event',
      'due',
      'filtered',
      'awaited',
    ]);
  });

  it('explains what is wrong with a name', async () => {
    const unknown = await refusal('gfit:1');
    expect([unknown.code, unknown.message]).to.eql([
      'resource_unknown',
      'the catalog "fund" has no resource "gfit"; did you mean "gift"? It has: campaign, gift, member',
    ]);
    for (const [name, message] of [
      ['gift', '"gift" has no key; that of gift is id'],
      ['gift:', '"gift:" has no key; that of gift is id'],
      ['gift:x', '"x" in "gift:x" is no integer, which the column id is'],
      ['gift:99999999999', '"99999999999" in "gift:99999999999" is no integer, which the column id is'],
      [
        'member:7',
        'the key of "member:7" has 2 columns (team, name), and must be a JSON array of as many values',
      ],
      ['member:["x", "y"]', '"x" in "member:["x", "y"]" is no integer, which the column team is'],
    ] as const) {
      const error = await refusal(name);
      expect([error.code, error.message]).to.eql(['record_invalid', message]);
    }
    expect((await refusal('member:7')).fix).to.equal(`Write it like 'member:["1","2"]'.`);
  });
});
