import { expect } from 'chai';
import { formsOf, type ShownBody, shownBody, shownMax } from '../../../admin/pages/deliveries/shown-body.ts';
import { answerParts, placeOfCommand, wordPieces } from '../../../admin/pages/deliveries/words.ts';
import type { BodyView } from '../../../src/admin/shapes/delivery.ts';

const textBody = (text: string): BodyView => ({ text, base64: null, bytes: Buffer.byteLength(text) });
const textOf = ({ pieces, stretches }: ShownBody): string =>
  pieces ? pieces.map(({ text }) => text).join('') : stretches.join('');

describe('a body as it is shown', () => {
  it('is laid out where it is JSON, and else as it came', () => {
    expect(formsOf(textBody('{"a":1}'), false)).to.deep.equal(['pretty', 'raw', 'hex']);
    expect(formsOf(textBody('<html>'), false)).to.deep.equal(['raw', 'hex']);
    expect(formsOf(textBody('{"a":'), false)).to.deep.equal(['raw', 'hex']);
    expect(formsOf(textBody('{"a":'), true)).to.deep.equal(['pretty', 'raw', 'hex']);
    expect(formsOf({ text: null, base64: '/w==', bytes: 1 }, false)).to.deep.equal(['hex', 'base64']);
  });

  it('is a bounded beginning until all of it is asked for, in every form', () => {
    const bodies = [
      textBody('x'.repeat(64_000)),
      textBody(JSON.stringify('🙂'.repeat(40_000)).replace(/^/, '[').concat(']')),
      textBody(JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ i })))),
      textBody('['.repeat(20_000) + ']'.repeat(20_000)),
    ];
    for (const body of bodies) {
      for (const form of ['pretty', 'raw', 'hex', 'base64'] as const) {
        const beginning = shownBody(body, form, false);
        expect(beginning.isCut, form).to.equal(true);
        expect(textOf(beginning).length, form).to.be.at.most(shownMax + 200);
        const all = shownBody(body, form, true);
        expect(all.isCut, form).to.equal(false);
        expect(textOf(all).startsWith(textOf(beginning).slice(0, -2)), form).to.equal(true);
        for (const piece of all.stretches) expect(piece.length).to.be.at.most(8_000);
        if (form === 'raw') expect(textOf(all)).to.equal(body.text);
        if (form === 'pretty' && body.text?.startsWith('[')) {
          expect(textOf(all).replace(/\s/g, '')).to.equal(body.text);
        }
      }
    }
  });

  it('never cuts a character in two', () => {
    const text = `a${'🙂'.repeat(shownMax)}`;
    for (const all of [true, false]) {
      for (const piece of shownBody(textBody(text), 'raw', all).stretches) {
        expect(/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(piece)).to.equal(false);
      }
    }
  });

  it('keeps bytes that are no text, as hex and as base64', () => {
    const body: BodyView = { text: null, base64: 'AP+A', bytes: 3 };
    expect(textOf(shownBody(body, 'hex', false))).to.match(/^000000 {2}00 ff 80 .*···$/);
    expect(textOf(shownBody(body, 'base64', false))).to.equal('AP+A');
  });
});

describe('the words of the server', () => {
  const kinds = (sentence: string) => wordPieces(sentence).map(({ kind, text }) => `${kind}:${text}`);

  it('lead to where the page does what a command does', () => {
    const id = '019b0000-0000-7000-8000-00000000abcd';
    expect(placeOfCommand('rowhook endpoints resume 7')).to.deep.equal({ page: 'webhook', id: '7' });
    expect(placeOfCommand('rowhook endpoints enable 7')).to.deep.equal({ page: 'webhook', id: '7' });
    expect(placeOfCommand(`rowhook deliveries redeliver ${id}`)).to.deep.equal({ page: 'redeliver', id });
    expect(placeOfCommand(`rowhook explain ${id}`)).to.deep.equal({ page: 'delivery', id });
    for (const none of [
      `rowhook explain ${id} looks further`,
      'rowhook start',
      'rowhook endpoints resume 7; x',
    ])
      expect(placeOfCommand(none), none).to.equal(null);
  });

  it('tell of several webhooks one by one', () => {
    expect(
      answerParts(
        'Delivered to 1 of 6 endpoints; endpoint 2 has not got it yet: it is late; no daemon runs; endpoint 3 did not get it: gone; 3 others have not got it either.',
      ),
    ).to.deep.equal([
      'Delivered to 1 of 6 endpoints',
      'endpoint 2 has not got it yet: it is late; no daemon runs',
      'endpoint 3 did not get it: gone',
      '3 others have not got it either.',
    ]);
    expect(answerParts('It was sent; it is late.')).to.deep.equal(['It was sent; it is late.']);
  });

  it('have moments and commands in them', () => {
    expect(kinds('It is due at 2026-11-23T12:00:00.123Z; see `rowhook explain 7`.')).to.deep.equal([
      'text:It is due at ',
      'time:2026-11-23T12:00:00.123Z',
      'text:; see ',
      'command:rowhook explain 7',
      'text:.',
    ]);
    expect(kinds('rowhook endpoints resume 7')).to.deep.equal(['command:rowhook endpoints resume 7']);
    expect(kinds('To try at once: rowhook endpoints resume 7')).to.deep.equal([
      'text:To try at once: ',
      'command:rowhook endpoints resume 7',
    ]);
    expect(kinds('It asks rowhook for more.')).to.deep.equal(['text:It asks rowhook for more.']);
    expect(kinds('waits for 019b0000-0000-7000-8000-00000000abcd of')).to.deep.equal([
      'text:waits for ',
      'id:019b0000-0000-7000-8000-00000000abcd',
      'text: of',
    ]);
    expect(kinds('Endpoint 7 is an endpoint, of 2 endpoints: see `rowhook endpoints`.')).to.deep.equal([
      'text:Webhook 7 is a webhook, of 2 webhooks: see ',
      'command:rowhook endpoints',
      'text:.',
    ]);
    expect(kinds('')).to.deep.equal([]);
  });
});
