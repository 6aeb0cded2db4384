import { expect } from 'chai';
import { createListStore, type ListStore } from '../../../admin/pages/deliveries/list-store.ts';
import type { Page } from '../../../admin/pages/deliveries/live-list.ts';
import { waitUntil } from '../../support/wait.ts';

interface Thing {
  id: string;
}
const things = (...ids: string[]): Thing[] => ids.map((id) => ({ id }));
const shown = (store: ListStore<Thing>): string =>
  (store.list.value?.rows ?? []).map(({ item }) => item.id).join('');

/** A source whose pages, clock and news are in the test's hands. */
function source(load: (before: string | null) => Promise<Page<Thing>> | Page<Thing>) {
  const timers = new Set<{ at: number; run: () => void }>();
  const asked: (string | null)[] = [];
  const it = {
    clock: 0,
    asked,
    silent: false,
    news: (_: readonly Thing[]): void => {},
    missed: (): void => {},
    /** Lets time pass, and what it brings happen. */
    pass(ms: number) {
      it.clock += ms;
      for (const timer of [...timers]) {
        if (timer.at > it.clock || !timers.delete(timer)) continue;
        timer.run();
      }
    },
  };
  const store = createListStore<Thing>({
    async load(before) {
      asked.push(before);
      return await load(before);
    },
    isWanted: () => true,
    listen(heard) {
      Object.assign(it, heard);
      return () => {
        it.silent = true;
      };
    },
    now: () => it.clock,
    after(ms, run) {
      const timer = { at: it.clock + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  return Object.assign(it, { store });
}

const loaded = (store: ListStore<Thing>): Promise<unknown> =>
  waitUntil(() => store.busy.value === null && store.list.value !== undefined, {
    what: 'the list to be loaded',
  });

describe('the store of a live list', () => {
  it('holds news back for a moment while a pointer moves over the rows', async () => {
    const it = source(() => ({ items: things('a'), next: null, searchedUntil: null }));
    it.store.open();
    await loaded(it.store);
    it.store.hold();
    it.news(things('b'));
    it.pass(1);
    expect(shown(it.store)).to.equal('a');
    it.pass(2_000);
    expect(shown(it.store)).to.equal('ba');
  });

  it('keeps news apart while one reads further down, and shows them when asked', async () => {
    const it = source(() => ({ items: things('a'), next: null, searchedUntil: null }));
    it.store.open();
    await loaded(it.store);
    it.store.atTop = false;
    it.news(things('b'));
    it.pass(1);
    expect([shown(it.store), it.store.list.value?.unseen.length]).to.deep.equal(['a', 1]);
    it.store.showUnseen();
    expect(shown(it.store)).to.equal('ba');
  });

  it('looks through pages without a find, and asks before it goes on for long', async () => {
    let page = 100;
    const it = source((before) => {
      it.clock += 1_000;
      page -= 1;
      return { items: before === '90' ? things('x') : [], next: String(page), searchedUntil: `t${page}` };
    });
    it.store.open();
    await loaded(it.store);
    expect(it.store.asksToGoOn.value).to.equal(true);
    expect(it.store.list.value?.searchedUntil).to.equal(`t${page}`);
    const before = it.asked.length;
    expect(before).to.be.within(4, 8);
    it.store.older();
    expect(it.asked.length).to.equal(before);
    it.store.older(true);
    await loaded(it.store);
    expect(it.asked.length).to.be.greaterThan(before);
    it.store.older(true);
    await loaded(it.store);
    expect(shown(it.store)).to.equal('x');
  });

  it('asks for each older page once, and ends where there are no more', async () => {
    const pages: Record<string, Page<Thing>> = {
      null: { items: things(...'abcdefghijklmnopqrstuvwxyz'), next: 'z', searchedUntil: null },
      z: { items: things('1'), next: null, searchedUntil: null },
    };
    const it = source((before) => pages[String(before)] as Page<Thing>);
    it.store.open();
    await loaded(it.store);
    it.store.older();
    it.store.older();
    await loaded(it.store);
    it.store.older();
    await loaded(it.store);
    expect(it.asked).to.deep.equal([null, 'z']);
    expect(shown(it.store)).to.match(/z1$/);
  });

  it('says what failed, does not try again by itself, and does when asked', async () => {
    let broken = false;
    const it = source((before) => {
      if (broken) throw new Error('no answer');
      return {
        items: before ? things('1') : things(...'abcdefghijklmnopqrstuvwxyz'),
        next: before ? null : 'z',
        searchedUntil: null,
      };
    });
    it.store.open();
    await loaded(it.store);
    broken = true;
    it.store.older();
    await loaded(it.store);
    expect(it.store.failure.value).to.be.an('error');
    it.store.older();
    expect(it.asked).to.deep.equal([null, 'z']);
    broken = false;
    it.store.older(true);
    await loaded(it.store);
    expect(it.store.failure.value).to.equal(undefined);
    expect(shown(it.store)).to.match(/z1$/);
  });

  it('asks for the first page again when something may have been missed', async () => {
    let items = things('a');
    const it = source(() => ({ items, next: null, searchedUntil: null }));
    it.store.open();
    await loaded(it.store);
    items = things('b', 'a');
    it.missed();
    await loaded(it.store);
    expect(shown(it.store)).to.equal('ba');
    it.store.close();
    expect(it.silent).to.equal(true);
  });

  it('does not show an answer that comes after it was closed', async () => {
    let answer = (_: Page<Thing>): void => {};
    const it = source(() => new Promise((resolve) => (answer = resolve)));
    it.store.open();
    it.store.close();
    answer({ items: things('a'), next: null, searchedUntil: null });
    await new Promise(setImmediate);
    expect(it.store.list.value).to.equal(undefined);
  });
});
