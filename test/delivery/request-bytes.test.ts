import { expect } from 'chai';
import { requestBytes } from '../../src/delivery/request/request-bytes.ts';

const target = { path: '/hook?a=b', host: 'example.com:8443' };
const bytesOf = (headers: [string, string][], body = Buffer.from('{}')) =>
  Buffer.concat(requestBytes(target, headers, body)).toString('latin1');

describe('the bytes of a request', () => {
  it('are a POST of HTTP/1.1 with our headers in their order, and the body', () => {
    expect(
      bytesOf([
        ['Content-Type', 'application/json'],
        ['X-A', 'a b\tc'],
      ]),
    ).to.equal(
      'POST /hook?a=b HTTP/1.1\r\nhost: example.com:8443\r\nconnection: keep-alive\r\n' +
        'Content-Type: application/json\r\nX-A: a b\tc\r\ncontent-length: 2\r\n\r\n{}',
    );
  });

  it('hold a large body as it is, apart from the head', () => {
    const body = Buffer.alloc(100_000, 'x');
    const parts = requestBytes(target, [], body);
    expect(parts).to.have.length(2);
    expect(parts[1]?.equals(body)).to.equal(true);
    expect(parts[1]?.buffer).to.equal(body.buffer);
  });

  for (const [what, name, value] of [
    ['a value that ends its line', 'X-A', 'a\r\nX-B: b'],
    ['a value with a lone line feed', 'X-A', 'a\nX-B: b'],
    ['a value with a lone carriage return', 'X-A', 'a\rb'],
    ['a value with a NUL', 'X-A', 'a\0b'],
    ['a value that becomes a line feed in Latin-1', 'X-A', 'a\u010aX-B: b'],
    ['a name that ends its line', 'X-A: 1\r\nX-B', 'b'],
    ['a name with a colon', 'X-A:', 'b'],
    ['an empty name', '', 'b'],
  ] as const) {
    it(`are refused for ${what}`, () => {
      expect(() => bytesOf([[name, value]])).to.throw(/header|name/);
    });
  }

  for (const path of ['/a b', '/a\r\nX: b', '/\u0120HTTP/1.1']) {
    it(`are refused for the path ${JSON.stringify(path)}`, () => {
      expect(() => requestBytes({ path, host: 'a' }, [], Buffer.alloc(0))).to.throw(/path/);
    });
  }
});
