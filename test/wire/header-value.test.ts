import { request } from 'node:http';
import { expect } from 'chai';
import fc from 'fast-check';
import { isHeaderValue } from '../../src/wire/header-value.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

describe('header value', () => {
  for (const [text, legal] of [
    ['a', true],
    ['7f3a-11', true],
    ['two words', true],
    ['tab\tinside', true],
    ['!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', true],
    ['x'.repeat(200), true],
    ['x'.repeat(201), false],
    ['', false],
    [' leading', false],
    ['trailing ', false],
    ['trailing\t', false],
    ['line\nbreak', false],
    ['split\r\nX-Injected: 1', false],
    ['nul\0', false],
    ['bell\x07', false],
    ['delete\x7f', false],
    ['café', false],
    ['日本', false],
    ['emoji 🙂', false],
    ['lone \ud800 surrogate', false],
  ] as const) {
    it(`${legal ? 'takes' : 'refuses'} ${JSON.stringify(text.slice(0, 30))}${text.length > 30 ? '…' : ''}`, () => {
      expect(isHeaderValue(text)).to.equal(legal);
    });
  }

  describe('on the wire', () => {
    let receiver: Receiver;
    before(async () => {
      receiver = await startReceiver();
    });
    after(() => receiver.close());

    it('arrives as it was sent, whatever was taken', async () => {
      const characters = fc.string({
        unit: fc.integer({ min: 0, max: 0x17f }).map((n) => String.fromCharCode(n)),
      });
      await fc.assert(
        fc.asyncProperty(characters, async (text) => {
          fc.pre(isHeaderValue(text));
          const before = receiver.requests.length;
          request(receiver.url(), { method: 'POST', headers: { 'request-id': text } })
            .on('error', () => {})
            .end();
          const all = await receiver.waitFor(before + 1);
          expect(all.at(-1)?.headers['request-id']).to.equal(text);
        }),
        { numRuns: 50 },
      );
    });
  });
});
