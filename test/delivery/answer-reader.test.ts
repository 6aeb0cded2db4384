import { expect } from 'chai';
import fc from 'fast-check';
import { AnswerReader } from '../../src/delivery/request/answer-reader.ts';

interface Read {
  status: number | undefined;
  headers: ReadonlyArray<readonly [string, string]>;
  body: string;
  isOver: boolean;
  keepsMs: number | undefined;
  error: string | undefined;
}

/** What is read of these parts, and of the end of the connection behind them, if that comes. */
function read(parts: readonly string[], { ended = false } = {}): Read {
  let status: number | undefined;
  let headers: Read['headers'] = [];
  let body = '';
  let error: string | undefined;
  const reader = new AnswerReader({
    onHead(found, pairs) {
      expect(status, 'one head').to.equal(undefined);
      status = found;
      headers = pairs;
    },
    onBody(part) {
      expect(status, 'a head before the body').to.not.equal(undefined);
      body += part.toString('latin1');
    },
  });
  try {
    for (const part of parts) reader.take(Buffer.from(part, 'latin1'));
    if (ended) reader.end();
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { status, headers, body, isOver: reader.isOver, keepsMs: reader.keepsMs, error };
}

const ok = 'HTTP/1.1 200 OK\r\n';
const interim = 'HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.0 103 Early Hints\r\nLink: </a>\r\n\r\n';
const whole = {
  'of a known length': `${ok}X-A: 1\r\nContent-Length: 12\r\n\r\nHTTP/1.1 100`,
  'behind interim ones': `${interim}${ok}Content-Length: 2\r\n\r\nok`,
  'in chunks': `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n06 ;a=b\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n`,
  'without a body': 'HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n',
};

describe('the reader of answers', () => {
  for (const [what, text] of Object.entries(whole)) {
    it(`reads one ${what} alike, however it is cut into parts`, () => {
      const expected = read([text]);
      expect(expected).to.include({ isOver: true, keepsMs: undefined, error: undefined });
      for (let one = 1; one < text.length; one += 1) {
        for (const two of [one, Math.min(one + 3, text.length)]) {
          const parts = [text.slice(0, one), text.slice(one, two), text.slice(two)].filter(Boolean);
          expect(read(parts), `cut at ${one} and ${two}`).to.deep.equal(expected);
        }
      }
      expect(read([...text])).to.deep.equal(expected);
    });
  }

  it('reads what a server writes in chunks, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 })), (chunks) => {
        const body = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
        const found = read([`${ok}Transfer-Encoding: gzip, Chunked\r\n\r\n${body}0\r\n\r\n`]);
        expect(found).to.include({ body: chunks.join(''), isOver: true, error: undefined });
      }),
    );
  });

  it('is never unsure: whatever comes is read, waited for, or refused', () => {
    const pieces = fc.constantFrom(
      ...[
        'HTTP/1.1 200 OK',
        'HTTP/1.0 204',
        'HTTP/1.1 100 C',
        '\r\n',
        '\n',
        '\r',
        'Content-Length: 3',
        'A: b',
      ],
      ...[
        'Transfer-Encoding: chunked',
        '3\r\nabc\r\n',
        '0\r\n\r\n',
        'abc',
        '\0',
        '\xff',
        ' ',
        ':',
        'Connection: close',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const joined = read([parts.join('')], { ended: true });
        expect(read(parts.filter(Boolean), { ended: true })).to.deep.equal(joined);
        if (joined.error !== undefined) expect(joined.error).to.match(/^the answer is not HTTP\/1\.1: /);
      }),
      { numRuns: 500 },
    );
  });

  it('ends one of no known length with the connection, and no other one', () => {
    expect(read([`${ok}\r\nall`], { ended: true })).to.include({ body: 'all', isOver: true, keepsMs: 0 });
    expect(read([`${ok}Content-Length: 4\r\n\r\nall`], { ended: true })).to.include({ isOver: false });
    expect(read([`${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nall`], { ended: true })).to.include({
      isOver: false,
    });
    expect(read(['HTTP/1.1 200 OK\r\nA: b'], { ended: true })).to.include({ isOver: false });
  });

  for (const [what, text, keepsMs] of [
    ['is kept', `${ok}Content-Length: 0\r\n\r\n`, undefined],
    [
      'is kept for as long as it says',
      `${ok}Keep-Alive: max=5, timeout=7\r\nContent-Length: 0\r\n\r\n`,
      7_000,
    ],
    ['is closed when it says so', `${ok}Connection: x, Close\r\nContent-Length: 0\r\n\r\n`, 0],
    ['of HTTP/1.0 is closed', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', 0],
    [
      'of HTTP/1.0 is kept when it says so',
      'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n',
      undefined,
    ],
    ['is closed when more comes than its answer', `${ok}Content-Length: 2\r\n\r\nokHTTP/1.1`, 0],
    ['is closed when more comes than a 204 may have', 'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nok', 0],
    ['is closed when a 204 says that it has a body', 'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n', 0],
    [
      'is closed when a 304 says that it has chunks',
      'HTTP/1.1 304 N\r\nTransfer-Encoding: chunked\r\n\r\n',
      0,
    ],
    ['is kept when a 204 says that it has none', 'HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n', undefined],
    [
      'of HTTP/1.0 is closed behind chunks, which it does not have',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      0,
    ],
    ['is closed when more comes behind the chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nx`, 0],
  ] as const) {
    it(`says that a connection ${what}`, () => {
      expect(read([text])).to.include({ isOver: true, keepsMs, error: undefined });
    });
  }

  it('takes a header of several lines as one, but none that says where the answer ends', () => {
    const { headers } = read([`${ok}X-A: one\r\n\t two \r\nContent-Length: 0\r\n\r\n`]);
    expect(headers).to.deep.equal([
      ['X-A', 'one two'],
      ['Content-Length', '0'],
    ]);
    expect(read([`${ok}Content-Length: 0\r\n 5\r\n\r\n`]).error).to.match(/several lines/);
    expect(read([`${ok} X-A: one\r\n\r\n`]).error).to.match(/no name/);
  });

  for (const [what, head] of [
    ['two lengths', 'Content-Length: 2\r\ncontent-length: 2'],
    ['a length and a transfer coding', 'content-length: 2\r\nTransfer-Encoding: chunked'],
    ['a length that is a list', 'Content-Length: 2, 2'],
    ['a length in hexadecimal', 'Content-Length: 0x2'],
    ['a length behind a space that is none of HTTP', 'Content-Length:\xa02'],
    ['a transfer coding with such a space behind it', 'Transfer-Encoding: chunked\xa0'],
    ['an extension of a chunk that ends with LF alone', 'Transfer-Encoding: chunked\r\n\r\n1;a\nx\r\n0'],
    ['a control character', 'X-A: \x1b[31m'],
  ] as const) {
    it(`refuses an answer with ${what}`, () => {
      expect(read([`${ok}${head}\r\n\r\n0\r\n\r\n`]).error).to.match(/^the answer is not HTTP/);
    });
  }

  for (const [what, parts] of [
    ['in one part', [`${ok}${'X-A: a\r\n'.repeat(2_048)}\r\n`]],
    ['in many parts', [ok, ...Array.from({ length: 2_048 }, () => 'X-A: a\r\n'), '\r\n']],
  ] as const) {
    it(`refuses an answer whose head is longer than 16 KiB, ${what}`, () => {
      expect(read(parts).error).to.match(/headers are longer/);
    });
  }

  it('does not count the body as a head, wherever the parts end', () => {
    const head = `${ok}X-A: 1\r\n\r\n`;
    for (let cut = 1; cut <= head.length; cut += 1) {
      const parts = [head.slice(0, cut), head.slice(cut), 'x'.repeat(50_000)].filter(Boolean);
      expect(read(parts).body, `cut at ${cut}`).to.have.length(50_000);
    }
  });

  it('refuses what does not begin like an answer by its first bytes', () => {
    for (const text of [
      '220 smtp\r\n',
      'HTTP/2.0 200 OK\r\n\r\n',
      'http/1.1 100 Continue\r\n\r\n',
      '\0\xff',
      'HTTP/1.2',
    ])
      expect(read([text]).error, text).to.match(/does not begin/);
  });
});
