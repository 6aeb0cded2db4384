import { expect } from 'chai';
import { wordOf } from '../../../admin/data/word.ts';
import { changesOf } from '../../../admin/pages/audit/changes.ts';

describe('an entry of the audit trail', () => {
  it('tells field by field what was and is', () => {
    const detail = {
      changed: {
        url: { before: 'https://a', after: 'https://b' },
        timeoutMs: { before: 10_000, after: null },
        events: { before: ['x', 'y'], after: ['y', 'z'] },
      },
      headerValues: ['x-key'],
    };
    expect(changesOf(detail)).to.deep.equal([
      { field: 'url', kind: 'change', before: 'https://a', after: 'https://b' },
      { field: 'timeoutMs', kind: 'change', before: '10 s', after: '' },
      { field: 'events', kind: 'list', added: ['z'], removed: ['x'] },
      { field: 'headerValues', kind: 'value', value: 'x-key' },
    ]);
  });

  it('tells a list whose order alone is another as a change', () => {
    expect(changesOf({ changed: { events: { before: ['a', 'b'], after: ['b', 'a'] } } })).to.deep.equal([
      { field: 'events', kind: 'change', before: 'a, b', after: 'b, a' },
    ]);
  });

  it('tells a state that became another one, or what it was', () => {
    expect(changesOf({ before: 'active', after: 'paused' })).to.deep.equal([
      { field: 'state', kind: 'change', before: 'active', after: 'paused' },
    ]);
    expect(changesOf({ before: 'paused', held: 'drop', dropped: 1_204 })).to.deep.equal([
      { field: 'stateBefore', kind: 'value', value: 'paused' },
      { field: 'held', kind: 'value', value: 'drop' },
      { field: 'dropped', kind: 'value', value: '1,204' },
    ]);
  });

  it('shows anything else as it is, and leaves out what is not there', () => {
    expect(changesOf({ total: { count: 5, atLeast: true }, dialect: null, odd: { a: [1] } })).to.deep.equal([
      { field: 'total', kind: 'value', value: '5+' },
      { field: 'odd', kind: 'value', value: '{"a":[1]}' },
    ]);
    expect(changesOf({})).to.deep.equal([]);
    expect(changesOf({ changed: 'all' })).to.deep.equal([]);
  });

  it('has words for its own codes only', () => {
    expect(wordOf({ a: 'A' }, 'a')).to.equal('A');
    expect(wordOf({ a: 'A' }, 'constructor')).to.equal(undefined);
  });
});
