import { expect } from 'chai';
import {
  choiceOf,
  countOf,
  eventsOf,
  groupsOf,
  withAll,
  withEvents,
} from '../../../admin/pages/webhooks/form/event-choice.ts';
import { shortEvents } from '../../../admin/pages/webhooks/short-events-of.ts';

const catalog = {
  resources: [
    { name: 'person', events: ['person_create', 'person_update', 'person_delete'] },
    { name: 'person_type', events: ['person_type_assign', 'person_type_unassign'] },
    { name: 'tag', events: ['tag_create', 'tag_assign'] },
  ],
};
const gone = 'No longer there';

describe('event picker', () => {
  it('replaces the choice by * and brings it back when * is unchosen', () => {
    const some = withEvents(choiceOf([]), ['tag_assign', 'person_create'], true);
    expect(eventsOf(some, catalog)).to.deep.equal(['person_create', 'tag_assign']);
    const all = withAll(some, true);
    expect(eventsOf(all, catalog)).to.deep.equal(['*']);
    expect(countOf(all)).to.equal(2);
    expect(eventsOf(withAll(all, false), catalog)).to.deep.equal(['person_create', 'tag_assign']);
  });

  it('leaves nothing chosen when * is unchosen of an endpoint that had nothing else', () => {
    expect(eventsOf(withAll(choiceOf(['*']), false), catalog)).to.deep.equal([]);
  });

  it('ticks a group in full, in part or not, and counts all of its events', () => {
    const choice = choiceOf(['person_create', 'tag_create', 'tag_assign']);
    expect(groupsOf(catalog, choice, '', gone)).to.deep.equal([
      { resource: 'person', shown: catalog.resources[0]?.events, chosen: 1, total: 3, ticked: 'some' },
      { resource: 'person_type', shown: catalog.resources[1]?.events, chosen: 0, total: 2, ticked: 'none' },
      { resource: 'tag', shown: catalog.resources[2]?.events, chosen: 2, total: 2, ticked: 'all' },
    ]);
  });

  for (const [search, found] of [
    ['ASSIGN', ['person_type_assign', 'person_type_unassign', 'tag_assign']],
    ['tag', ['tag_create', 'tag_assign']],
    ['type unassign', ['person_type_unassign']],
    ['person_del', ['person_delete']],
    ['nothing', []],
  ] as const) {
    it(`finds ${found.length} events by "${search}"`, () => {
      const shown = groupsOf(catalog, choiceOf([]), search, gone).flatMap((group) => group.shown);
      expect(shown).to.deep.equal(found);
    });
  }

  it('tells of a group that is searched whether what is shown is chosen, and counts all of it', () => {
    const choice = choiceOf(['person_create']);
    const [group] = groupsOf(catalog, choice, 'person_create', gone);
    expect(group).to.include({ ticked: 'all', chosen: 1, total: 3 });
  });

  it('keeps events that the catalog no longer has, shows them apart, and can untick them', () => {
    const choice = choiceOf(['tag_create', 'old_two', 'old_one']);
    expect(groupsOf(catalog, choice, '', gone).at(-1)).to.deep.equal({
      resource: gone,
      shown: ['old_one', 'old_two'],
      chosen: 2,
      total: 2,
      ticked: 'all',
    });
    expect(eventsOf(choice, catalog)).to.deep.equal(['tag_create', 'old_one', 'old_two']);
    expect(eventsOf(withEvents(choice, ['old_two'], false), catalog)).to.deep.equal([
      'tag_create',
      'old_one',
    ]);
  });

  it('does not change the choice that it was given', () => {
    const choice = choiceOf(['tag_create']);
    withEvents(choice, ['tag_create'], false);
    expect([...choice.chosen]).to.deep.equal(['tag_create']);
  });
});

describe('a subscription in short', () => {
  it('names whole resources, then single events, and counts the events that it does not name', () => {
    const events = ['person_create', 'tag_create', 'person_type_assign', 'tag_assign', 'person_update'];
    expect(shortEvents(events, catalog)).to.deep.equal({ parts: ['tag *', 'person_create'], more: 2 });
    expect(shortEvents(events, catalog, 5)).to.deep.equal({
      parts: ['tag *', 'person_create', 'person_type_assign', 'person_update'],
      more: 0,
    });
  });

  it('counts the events of whole resources that it does not name', () => {
    const events = catalog.resources.flatMap((resource) => resource.events);
    expect(shortEvents(events, catalog, 1)).to.deep.equal({ parts: ['person *'], more: 4 });
  });
});
