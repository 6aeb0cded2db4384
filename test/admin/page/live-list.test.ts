import { expect } from 'chai';
import {
  type LiveList,
  listOf,
  unseenMax,
  withFirstPage,
  withNews,
  withOlder,
  withUnseen,
} from '../../../admin/pages/deliveries/live-list.ts';

interface Thing {
  id: string;
  is: string;
}
const thing = (id: string, is = 'old'): Thing => ({ id, is });
const pageOf = (items: Thing[], next: string | null = 'more') => ({ items, next, searchedUntil: null });
const shown = ({ rows }: LiveList<Thing>): string => rows.map(({ item }) => item.id).join('');
const waiting = ({ unseen }: LiveList<Thing>): string => unseen.map(({ item }) => item.id).join('');
const news = (items: Thing[], slidesIn: boolean, asOf = 20) => ({
  items,
  asOf,
  slidesIn,
  isWanted: () => true,
});

const list = listOf(pageOf([thing('c'), thing('b'), thing('a')]), 10);

describe('a live list', () => {
  it('takes new ones in at the top, and marks them', () => {
    const grown = withNews(list, news([thing('e'), thing('d')], true));
    expect(shown(grown)).to.equal('edcba');
    expect(grown.rows.map(({ isNews }) => isNews)).to.deep.equal([true, true, false, false, false]);
  });

  it('moves nothing while one reads further down, and shows what came when asked', () => {
    let grown = withNews(list, news([thing('d')], false));
    grown = withNews(grown, news([thing('e'), thing('b', 'new')], false, 21));
    expect([shown(grown), waiting(grown)]).to.deep.equal(['cba', 'ed']);
    expect(grown.rows[1]?.item.is).to.equal('new');
    expect(shown(withUnseen(grown))).to.equal('edcba');
    expect(waiting(withUnseen(grown))).to.equal('');
  });

  it('asks of each new one whether it belongs into the part that is there', () => {
    const asked: [string, string | null][] = [];
    const isWanted = ({ id }: Thing, next: string | null) => asked.push([id, next]) > 1;
    const grown = withNews(list, { ...news([thing('e'), thing('d')], true), isWanted });
    expect(shown(grown)).to.equal('dcba');
    expect(asked).to.deep.equal([
      ['e', 'more'],
      ['d', 'more'],
    ]);
  });

  it('keeps the order: while some wait to be shown, later ones wait before them', () => {
    const grown = withNews(withNews(list, news([thing('d')], false)), news([thing('e')], true));
    expect([shown(grown), waiting(grown)]).to.deep.equal(['cba', 'ed']);
  });

  it('changes a known one in its place, whether it is wanted any more or not', () => {
    const told = { ...news([thing('b', 'new')], true), isWanted: () => false };
    const changed = withNews(list, told);
    expect(shown(changed)).to.equal('cba');
    expect(changed.rows[1]).to.deep.equal({ item: thing('b', 'new'), asOf: 20, isNews: true });
    expect(shown(withNews(list, { ...told, items: [thing('x')] }))).to.equal('cba');
  });

  it('does not let an answer that was asked for before undo news', () => {
    const changed = withNews(list, news([thing('b', 'new')], true));
    const older = withOlder(changed, pageOf([thing('b'), thing('9')], null), 15);
    expect(shown(older)).to.equal('cba9');
    expect(older.rows[1]?.item.is).to.equal('new');
    expect(older.next).to.equal(null);
  });

  it('shows each once, also where a page or news tell it twice', () => {
    const grown = withNews(list, news([thing('d', 'first'), thing('d', 'second')], true));
    expect(shown(grown)).to.equal('dcba');
    expect(grown.rows[0]?.item.is).to.equal('first');
    expect(shown(withOlder(list, pageOf([thing('a'), thing('9'), thing('9')]), 20))).to.equal('cba9');
  });

  it('keeps a bounded number of what is not shown, and says that there was more', () => {
    const many = Array.from({ length: unseenMax + 1 }, (_, i) => thing(`n${i}`));
    const grown = withNews(list, news(many, false));
    expect(grown.unseen).to.have.length(unseenMax);
    expect(grown.overflow).to.equal(true);
    expect(grown.unseen[0]?.item.id).to.equal('n0');
  });

  it('joins the first page after a break, where it meets what is known', () => {
    const joined = withFirstPage(list, pageOf([thing('d'), thing('c', 'new')]), { asOf: 30, slidesIn: true });
    expect(shown(joined)).to.equal('dcba');
    expect(joined.rows[1]?.item.is).to.equal('new');
    expect(joined.next).to.equal('more');
  });

  it('begins anew where there is a gap, but not under the eyes of who reads further down', () => {
    const page = pageOf([thing('z'), thing('y')], 'y');
    const anew = withFirstPage(list, page, { asOf: 30, slidesIn: true });
    expect([shown(anew), anew.next]).to.deep.equal(['zy', 'y']);
    const kept = withFirstPage(list, page, { asOf: 30, slidesIn: false });
    expect([shown(kept), kept.overflow]).to.deep.equal(['cba', true]);
  });

  it('fills a list that was empty', () => {
    const filled = withFirstPage(listOf<Thing>(pageOf([], null), 1), pageOf([thing('a')], 'a'), {
      asOf: 30,
      slidesIn: true,
    });
    expect([shown(filled), filled.next]).to.deep.equal(['a', 'a']);
  });
});
