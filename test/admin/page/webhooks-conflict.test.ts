import { expect } from 'chai';
import { rebased, sameField, theirChanges } from '../../../admin/pages/webhooks/form/conflict.ts';
import { draftOf } from '../../../admin/pages/webhooks/form/draft.ts';
import { choiceOf } from '../../../admin/pages/webhooks/form/event-choice.ts';
import { shownField } from '../../../admin/pages/webhooks/form/shown-fields.ts';
import { patchOf } from '../../../admin/pages/webhooks/form/submission.ts';
import { catalogView } from '../../../src/admin/api/catalog-routes.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { anEndpoint } from './webhooks-kit.ts';

const catalog = catalogView(siteStacker());
const before = anEndpoint({ description: 'old', events: ['tag_create'], rate: 5 });

describe('two people who change a webhook', () => {
  it('are told what the other one changed, and where that meets their own changes', () => {
    const now = { ...before, description: 'theirs', rate: null, events: ['*'], version: '101' };
    const mine = { ...draftOf(before), description: 'mine' };
    expect(theirChanges(before, now, mine, shownField)).to.deep.equal([
      { field: 'description', was: 'old', is: 'theirs', clashes: true },
      { field: 'events', was: 'tag_create', is: '*', clashes: false },
      { field: 'rate', was: '5', is: '', clashes: false },
    ]);
  });

  it('do not clash where both said the same', () => {
    const now = { ...before, rate: 7 };
    const mine = { ...draftOf(before), rate: '7' };
    expect(theirChanges(before, now, mine, shownField)).to.deep.equal([
      { field: 'rate', was: '5', is: '7', clashes: false },
    ]);
  });

  it('are told of nothing where only its state changed', () => {
    const now = anEndpoint({ ...before, version: '101', status: 'paused', statusWords: 'paused by hand' });
    expect(theirChanges(before, now, { ...draftOf(before), rate: '9' }, shownField)).to.deep.equal([]);
  });

  it('go on with their own changes on top of the others, which they do not undo', () => {
    const now = { ...before, description: 'theirs', rate: null, headers: ['X-Key'] };
    const mine = { ...draftOf(before), description: 'mine', timeout: '3' };
    const merged = rebased(before, now, mine);
    expect(merged).to.include({ description: 'mine', timeout: '3', rate: '' });
    expect(patchOf(draftOf(now), merged, catalog)).to.deep.equal({ description: 'mine', timeoutMs: 3_000 });
  });

  it('see a new secret part of headers as a change, though its name is the same', () => {
    const base = draftOf(anEndpoint({ headers: ['X-Key'] }));
    const mine = { ...base, headers: [{ key: 0, name: 'X-Key', value: 'new' }] };
    expect(sameField('headers', base, mine)).to.equal(false);
  });

  it('see no change in the order in which events were ticked', () => {
    const a = { ...draftOf(before), events: choiceOf(['tag_create', 'tag_update']) };
    const b = { ...draftOf(before), events: choiceOf(['tag_update', 'tag_create']) };
    expect(sameField('events', a, b)).to.equal(true);
  });

  for (const [field, said, text] of [
    ['timeout', { timeoutMs: 1_500 }, '1.5 s'],
    ['schedule', { schedule: [60_000, 60_000, 60_000] }, '3 x 1m'],
    ['schedule', { schedule: [] }, '0'],
    ['schedule', { schedule: null }, ''],
    ['headers', { headers: 'sealed' }, 'sealed'],
    ['ca', { ca: [{ subject: 'CN=a', validUntil: '2030-01-01T00:00:00Z' }] }, 'CN=a'],
    ['proxy', { proxy: 'http://p:1' }, 'http://p:1'],
  ] as const) {
    it(`read ${field} of ${JSON.stringify(said)} as "${text}"`, () => {
      expect(shownField(field, anEndpoint(said as Parameters<typeof anEndpoint>[0]))).to.equal(text);
    });
  }
});
