import type { Socket } from 'node:net';
import { expect } from 'chai';
import { AnswerFilter } from '../../src/delivery/request/answer-filter.ts';

/** As much of a socket as the filter and the parser use. */
function filtered(chunks: readonly string[]) {
  const waiting = chunks.map((chunk) => Buffer.from(chunk, 'latin1'));
  const socket = {
    destroyed: false,
    error: undefined as string | undefined,
    read: (): Buffer | null => waiting.shift() ?? null,
    destroy(reason?: Error) {
      this.destroyed = true;
      this.error = reason?.message;
    },
  };
  new AnswerFilter(socket as unknown as Socket).expect();
  return socket;
}

/** What a parser reads of these chunks, read by read, and what the filter ended the connection with. */
function read(chunks: readonly string[]): { parts: string[]; error: string | undefined } {
  const socket = filtered(chunks);
  const parts: string[] = [];
  for (let part = socket.read(); part !== null; part = socket.read()) parts.push(part.toString('latin1'));
  return { parts, error: socket.error };
}

const final = 'HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 12\r\n\r\nHTTP/1.1 100';
const interim = 'HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.0 103 Early Hints\r\nLink: </a>\r\n\r\n';

describe('the filter of answers', () => {
  it('takes interim answers out, wherever the chunks end', () => {
    const whole = interim + final;
    for (let one = 1; one < whole.length; one += 1) {
      for (const two of [one, Math.min(one + 5, whole.length)]) {
        const chunks = [whole.slice(0, one), whole.slice(one, two), whole.slice(two)].filter(Boolean);
        const { parts, error } = read(chunks);
        expect(parts.join(''), `cut at ${one} and ${two}`).to.equal(final);
        expect(error).to.equal(undefined);
      }
    }
    expect(read([...whole]).parts.join('')).to.equal(final);
  });

  it('gives the parser little at a time, so that it has little to go on with once it has seen enough', () => {
    const { parts } = read([final + 'x'.repeat(60_000)]);
    expect(parts.join('')).to.have.length(final.length + 60_000);
    expect(Math.max(...parts.map((part) => part.length))).to.equal(2_048);
  });

  it('gives the parser nothing more once that has ended the connection', () => {
    const socket = filtered([final + 'x'.repeat(60_000)]);
    expect(socket.read()).to.have.length(2_048);
    socket.destroy();
    expect(socket.read()).to.equal(null);
  });

  for (const [what, chunks] of [
    ['in one chunk', [`HTTP/1.1 200 OK\r\n${'X-A: a\r\n'.repeat(2_048)}\r\n`]],
    ['in many chunks', ['HTTP/1.1 200 OK\r\n', ...Array.from({ length: 2_048 }, () => 'X-A: a\r\n'), '\r\n']],
  ] as const) {
    it(`ends an answer whose head is longer than 16 KiB, ${what}`, () => {
      expect(read(chunks).error).to.match(/headers are longer/);
    });
  }

  it('does not count the body as a head, wherever the chunks end', () => {
    const head = 'HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n';
    for (let cut = 1; cut <= head.length; cut += 1) {
      const { parts, error } = read(
        [head.slice(0, cut), head.slice(cut), 'x'.repeat(50_000)].filter(Boolean),
      );
      expect(error, `cut at ${cut}`).to.equal(undefined);
      expect(parts.join('')).to.have.length(head.length + 50_000);
    }
  });

  it('leaves what is no answer to the parser', () => {
    for (const text of [
      '220 smtp\r\n',
      'HTTP/2.0 200 OK\r\n\r\n',
      'http/1.1 100 Continue\r\n\r\n',
      '\0\xff',
    ]) {
      expect(read([text]).parts.join('')).to.equal(text);
    }
  });
});
