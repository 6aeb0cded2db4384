import { expect } from 'chai';
import { refuseUncallable } from '../../src/cli/callable.ts';

const delivery = { allow: ['127.0.0.1', 'hooks.internal:81'] };

describe('an endpoint that the config lets nobody call', () => {
  for (const [what, input, where, words] of [
    [
      'a private address',
      { url: 'https://10.0.0.1/' },
      'url',
      '(blocked_address): 10.0.0.1 is not an address',
    ],
    ['one in another notation', { url: 'https://0x7f000002/' }, 'url', '(blocked_address): 127.0.0.2 is'],
    ['plain http', { url: 'http://8.8.8.8/' }, 'url', '(https_required): plain http'],
    ['a port of others', { url: 'https://a.example:25/' }, 'url', '(port_blocked): port 25'],
    [
      'a proxy inside',
      { url: 'https://a.example/', proxy: 'http://u:pw@10.0.0.1:3128' },
      'proxy',
      '(blocked_address): 10.0.0.1',
    ],
    ['a proxy at a port of others', { proxy: 'http://a.example:25' }, 'proxy', '(port_blocked)'],
  ] as const) {
    it(`is refused for ${what}, with the words of the guard`, () => {
      expect(() => refuseUncallable(input, delivery))
        .to.throw(words)
        .that.includes({ code: 'endpoint_invalid', where });
    });
  }

  for (const input of [
    {},
    { url: 'https://a.example/' },
    { url: 'http://127.0.0.1:8080/' },
    { url: 'http://hooks.internal:81/' },
    // It may resolve to what is listed.
    { url: 'http://a.example/' },
    { url: 'https://a.example/', proxy: 'http://proxy.example:3128' },
    { url: 'https://a.example/', proxy: null },
    // What is no URL at all is for others to tell.
    { url: 'nonsense' },
    { url: 'ftp://10.0.0.1/' },
    { proxy: 'nonsense' },
  ]) {
    it(`is not ${JSON.stringify(input)}`, () => {
      expect(() => refuseUncallable(input, delivery)).not.to.throw();
    });
  }

  it('may be called by http where the config says so', () => {
    expect(() => refuseUncallable({ url: 'http://8.8.8.8/' }, { allowHttp: true })).not.to.throw();
  });
});
