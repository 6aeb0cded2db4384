import { expect } from 'chai';
import { parseListen } from '../../src/config/listen.ts';

describe('an address to listen on', () => {
  const good: Readonly<Record<string, [string, number]>> = {
    '9464': ['127.0.0.1', 9464],
    '127.0.0.1:9464': ['127.0.0.1', 9464],
    '0.0.0.0:80': ['0.0.0.0', 80],
    '[::1]:9464': ['::1', 9464],
    'metrics.internal:65535': ['metrics.internal', 65_535],
    '0': ['127.0.0.1', 0],
  };
  for (const [text, [host, port]] of Object.entries(good)) {
    it(`may be ${text}`, () => expect(parseListen(text)).to.deep.equal({ host, port }));
  }
  for (const text of [
    '',
    ':9464',
    'localhost',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '::1:80',
    'http://a:1',
    ' 80',
    '1:2:3',
  ]) {
    it(`may not be "${text}"`, () => expect(parseListen(text)).to.equal(undefined));
  }
});
