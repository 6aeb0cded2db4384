import { expect } from 'chai';
import { singular, snakeCase, uniqueNames } from '../../src/init/names.ts';

describe('names that are made of the names of tables', () => {
  for (const [name, expected] of [
    ['people', 'people'],
    ['OrderItems', 'order_items'],
    ['orderItems', 'order_items'],
    ['HTTPRequests', 'http_requests'],
    ['Odd "Name" with?', 'odd_name_with'],
    ['Übergrößen', 'ubergro_en'],
    ['$1', '1'],
    ['日本', ''],
  ] as const) {
    it(`${name} is ${expected}`, () => expect(snakeCase(name)).to.equal(expected));
  }

  for (const [name, expected] of [
    ['people', 'person'],
    ['order_items', 'order_item'],
    ['categories', 'category'],
    ['addresses', 'address'],
    ['boxes', 'box'],
    ['branches', 'branch'],
    ['statuses', 'status'],
    ['status', 'status'],
    ['news', 'news'],
    ['analysis', 'analysis'],
    ['business', 'business'],
    ['companies', 'company'],
    ['movies', 'movie'],
    ['houses', 'house'],
    ['invoices', 'invoice'],
    ['caches', 'cache'],
    ['shelves', 'shelf'],
    ['keys', 'key'],
    ['children', 'child'],
    ['person', 'person'],
    ['gas', 'gas'],
    ['series', 'series'],
    ['', ''],
  ] as const) {
    it(`one of ${name} is ${expected}`, () => expect(singular(name)).to.equal(expected));
  }

  it('are given once each', () => {
    expect(uniqueNames([['a'], ['a', 'b_a'], ['a', 'b_a'], [''], ['']], ['record'])).to.deep.equal([
      'a',
      'b_a',
      'a_2',
      'record_2',
      'record_3',
    ]);
    expect(uniqueNames([['x'.repeat(200)], ['x'.repeat(200)]]).every((name) => name.length < 80)).to.equal(
      true,
    );
  });
});
