import { expect } from 'chai';
import { listedPorts, parseAllowList } from '../../src/delivery/guard/allow-list.ts';

describe('allow-list', () => {
  const list = (entry: string, address: string, host = 'a.example', port = 443) =>
    listedPorts(parseAllowList([entry]), { host, port }, address);

  for (const [address, entry, listed] of [
    ['127.0.0.1', '127.0.0.0/8', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.2', '127.0.0.1', false],
    ['::ffff:127.0.0.1', '127.0.0.0/8', true],
    ['64:ff9b::10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '10.0.0.0/16', false],
    ['10.1.2.3', '0.0.0.0/0', true],
    ['::1', '0.0.0.0/0', false],
    ['168.63.129.16', '168.63.129.16', true],
    ['::1', '::1', true],
    ['::1', '127.0.0.0/8', false],
    ['fd00::5', 'fd00::/8', true],
    ['2002:7f00:1::', '2002::/16', true],
    ['127.0.0.1', 'localhost', false],
    ['127.1', '127.0.0.0/8', false],
    ['', '0.0.0.0/0', false],
  ] as const) {
    it(`${listed ? 'names' : 'does not name'} "${address}" by ${entry}`, () => {
      expect(list(entry, address)).to.deep.equal({ listed, byPort: false });
    });
  }

  for (const [entry, host, port, expected] of [
    ['a.example', 'a.example', 443, { listed: true, byPort: false }],
    ['A.Example', 'a.EXAMPLE.', 443, { listed: true, byPort: false }],
    ['a.example', 'b.a.example', 443, { listed: false, byPort: false }],
    ['a.example:81', 'a.example', 81, { listed: true, byPort: true }],
    ['a.example:81', 'a.example', 443, { listed: false, byPort: false }],
    ['8.0.0.0/8:81', 'a.example', 81, { listed: true, byPort: true }],
    ['8.8.8.8:81', 'a.example', 82, { listed: false, byPort: false }],
    ['[2001:4860::/32]:81', 'a.example', 81, { listed: false, byPort: false }],
    ['[8.8.8.8]:81', 'a.example', 81, { listed: true, byPort: true }],
  ] as const) {
    it(`reads ${entry}, which says of 8.8.8.8 as ${host}:${port}: ${JSON.stringify(expected)}`, () => {
      expect(list(entry, '8.8.8.8', host, port)).to.deep.equal(expected);
    });
  }

  for (const entry of [
    '',
    '300.1.2.3',
    '10.0.0.0/33',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    'a.0x1',
    'http://localhost',
    'a b',
    '10.0.0.0/',
    '::1/',
    '*',
    '*.example',
    'a.example:',
    'a.example:0',
    'a.example:65536',
    'a.example:81:82',
    'a.example/8',
    '[a.example]:81',
    '[::1',
    '::1]:81',
    '[]:81',
    'user@a.example',
  ]) {
    it(`cannot be read from "${entry}"`, () => {
      expect(() => parseAllowList(['localhost', entry]))
        .to.throw('not an address, a network or a host name')
        .that.includes({ code: 'config_invalid', where: 'allow[1]' });
    });
  }
});
