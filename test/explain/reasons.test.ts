import { expect } from 'chai';
import type { StepCode } from '../../src/explain/story.ts';
import { disableEndpoint, pauseEndpoint, resumeEndpoint } from '../../src/store/endpoint-state.ts';
import { allSteps, codes, type ExplainKit, explainKit, masked, wordsOf } from './explain-kit.ts';

const hour = 3_600_000;

describe('the reason why a delivery does not happen', function () {
  this.timeout(60_000);
  let kit: ExplainKit;
  beforeEach(async () => {
    kit = await explainKit();
    await kit.startRelay();
  });
  afterEach(() => kit.end());

  it('is the same by the event, by the record, and by the delivery: each of them', async () => {
    const { db } = kit;
    const ok = await kit.receiver();
    const fails = await kit.receiver(() => ({ status: 500 }));
    const make = (columns: Record<string, unknown> = {}) =>
      kit.endpoint({ url: ok.url('/hook'), events: ['*'], ...columns });
    const taken = await make();
    const tenant = await make({ tenant: 'b' });
    const unsubscribed = await make({ events: ['gift_delete'] });
    const disabled = await make();
    const paused = await make();
    const exhausted = await make({ url: fails.url('/hook') });
    const blocked = await make({ url: 'http://10.1.2.3/hook' });
    const dropped = await make();
    await disableEndpoint(db.pool, disabled);
    for (const id of [paused, dropped]) await pauseEndpoint(db.pool, id);
    const [event] = await kit.relayed(`insert into gifts values (412, 'x', 'a')`);
    expect((await resumeEndpoint(db.pool, dropped, { held: 'drop' })).dropped).to.equal(1);
    await kit.send(2);
    const late = await make();

    const reasons: ReadonlyArray<readonly [id: string, code: StepCode, answer: RegExp]> = [
      [taken, 'delivered', /got it at the first attempt/],
      [tenant, 'other_tenant', /it gets the events of tenant b, and this one is of tenant a\.$/],
      [unsubscribed, 'not_subscribed', /it was not subscribed to gift_create, but to gift_delete\.$/],
      [disabled, 'disabled', /it was disabled then, since <time>, by hand\.$/],
      [paused, 'held', /has not got it yet: it is paused since <time>\.$/],
      [exhausted, 'exhausted', /all 2 attempts failed, .* because the receiver answered with status 500\.$/],
      [blocked, 'blocked_address', /because requests may not go to that address \(10\.1\.2\.3 is/],
      [dropped, 'dropped', /what was held for it was dropped at <time>, as somebody had asked\.$/],
      [late, 'created_later', /it was registered at <time>, after the event was made\.$/],
    ];
    for (const [endpoint, code, words] of reasons) {
      const byEvent = await kit.explain(event!, { endpoint });
      expect(masked(byEvent.answer), code).to.match(words);
      const [, reason] = allSteps(byEvent.steps);
      expect(reason?.code, masked(byEvent.answer)).to.equal(code);
      const byRecord = await kit.explainRecord('gift:412', hour, { endpoint });
      expect(masked(byRecord.answer), code).to.match(words);
      expect(byRecord.steps[0]!, code).to.deep.equal(byEvent.steps[0]!);
      const delivery = reason?.facts.delivery;
      if (typeof delivery !== 'string') continue;
      expect((await kit.explain(delivery)).answer).to.equal(byEvent.answer);
    }
    // All at once: each endpoint is named, with the same reasons.
    const whole = await kit.explain(event!);
    const [ofRecord] = (await kit.explainRecord('gift:412', hour)).steps;
    expect(ofRecord!).to.deep.equal(whole.steps[0]!);
    for (const [, code] of reasons) expect(codes(whole), code).to.include(code);
  });

  it('is the catalog, where a change is filtered: then nothing of it is left, and the story says what to look at', async () => {
    const made = await kit.relayed(
      `insert into gifts values (412, 'x', 'a', 'new', true)`,
      // Columns that no event waits for, and a value that does not meet the condition of one.
      `update gifts set secret_note = 'z', org = 'b' where id = 412`,
      `update gifts set state = 'paid' where id = 412`,
    );
    expect(made, 'the create alone').to.have.length(1);
    const story = await kit.explainRecord('gift:412', hour);
    expect(codes(story).slice(-2)).to.deep.equal(['filtered', 'awaited']);
    expect(wordsOf(story, 'filtered')).to.deep.equal([
      'gift has 4 events. A change of org, test and secret_note alone, or one that does not meet the conditions of an event, makes none and leaves no trace: afterwards nobody can know of it. Nor is a change seen before it is committed',
    ]);
    expect(wordsOf(story, 'awaited')).to.deep.equal([
      'gift_paid: state changes to "paid", and test is false; the record is not like that now: see its test',
    ]);
    expect(story.steps.at(-1)!.facts).to.deep.equal({ unwatched: ['org', 'test', 'secret_note'] });
    await kit.relayed(`update gifts set test = false where id = 412`);
    expect(wordsOf(await kit.explainRecord('gift:412', hour), 'awaited')).to.deep.equal([
      'gift_paid: state changes to "paid", and test is false',
    ]);

    // Without any event of it all is told that there is to compare a change with.
    await kit.db.query('delete from rowhook.event');
    const silent = await kit.explainRecord('gift:412', hour);
    expect(masked(silent.answer)).to.equal(
      'No event of gift:412 was made since <time>: nothing that was committed and captured since is what an event waits for.',
    );
    expect(codes(silent)).to.deep.equal(['record', 'filtered', ...Array(4).fill('awaited')]);
  });

  it('is told of a table that has changed since, too', async () => {
    await kit.relayed(
      `insert into gifts values (412, 'x', 'a', 'new', true)`,
      'alter table gifts drop column test cascade',
    );
    const story = await kit.explainRecord('gift:412', hour);
    expect(wordsOf(story, 'awaited')).to.deep.equal([
      'gift_paid: state changes to "paid", and test is false; the record is not like that now: see its state',
    ]);
    expect(codes(story)).to.include('drift').and.to.include('filtered');
  });
});
