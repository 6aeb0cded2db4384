import { expect } from 'chai';
import { paths, pathTo, routeOf } from '../../../admin/data/route.ts';

describe('the addresses of the page', () => {
  for (const [address, page, params] of [
    ['/', 'overview', {}],
    ['/webhooks', 'webhooks', {}],
    ['/webhooks/', 'webhooks', {}],
    ['/webhooks/new', 'newWebhook', {}],
    ['/webhooks/4', 'webhook', { id: '4' }],
    ['/webhooks/4/settings', 'webhookSettings', { id: '4' }],
    ['/webhooks/4/deliveries/01932d5e', 'webhookDelivery', { id: '4', deliveryId: '01932d5e' }],
    ['/records/person%3A4%2F1', 'record', { record: 'person:4/1' }],
    ['/bulk?endpoint=4', 'bulk', {}],
  ] as const) {
    it(`${address} is ${page}`, () => {
      const route = routeOf(address);
      expect(route.page).to.equal(page);
      expect(route.params).to.deep.equal(params);
    });
  }

  for (const address of [
    '/nowhere',
    '/webhooks/4/deliveries',
    '/webhooks//settings',
    '/records/%E0%A4%A',
    '/Webhooks',
  ]) {
    it(`${address} leads nowhere`, () => {
      expect(routeOf(address).page).to.equal(null);
    });
  }

  it('keep what the query says', () => {
    expect(routeOf('/deliveries?state=exhausted&text=a%26b').query).to.deep.equal({
      state: 'exhausted',
      text: 'a&b',
    });
  });

  it('are found again from what they are made of', () => {
    const params = { id: '4', deliveryId: 'a/b c', record: 'person:ä/%2F?#' };
    for (const page of Object.keys(paths) as (keyof typeof paths)[]) {
      const route = routeOf(pathTo(page, params, { state: 'due', empty: '', none: null }));
      expect(route.page, page).to.equal(page);
      for (const [name, value] of Object.entries(route.params)) {
        expect(value).to.equal(params[name as keyof typeof params]);
      }
      expect(route.query).to.deep.equal({ state: 'due' });
    }
  });
});
