import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import pc from 'picocolors';
import { nowAndThen } from '../../examples/demo/failures.ts';
import { durationText, percentile } from '../../examples/demo/latency.ts';
import type { Arrival } from '../../examples/demo/receiver.ts';
import { arrivalLines, titleLine } from '../../examples/demo/view/lines.ts';
import { terminalScreen } from '../../examples/demo/view/screen.ts';
import { clip, fill, widthOf } from '../../examples/demo/view/text.ts';
import { recordText } from '../../examples/site-stacker/demo/record-text.ts';
import { eventNames } from '../../examples/site-stacker/demo/records.ts';

const plain = pc.createColors(false);
const at = new Date(2026, 0, 5, 9, 3, 4);

describe("the demo's view", () => {
  const arrival: Arrival = {
    ...{
      deliveryId: 'd',
      event: 'person_update',
      same: 'person_update 412',
      requestId: undefined,
      attempt: 1,
      at: 0,
    },
    ...{ body: { id: '412', fullname: 'Maren Okafor' }, fate: 'taken', answer: 200 },
  };

  const recordOf = ({ event, body }: Arrival) => recordText(event, body!);

  it('says when, what, of whom, how fast, how it was answered and at which try', () => {
    const seen = { at, latencyMs: 7.24, retryAt: undefined, record: recordOf(arrival) };
    expect(arrivalLines(arrival, undefined, seen, 80, plain)).to.deep.equal([
      '09:03:04 person_update             412 Maren Okafor           7.2 ms  200    1',
    ]);
    expect(titleLine(80, plain)).to.equal(
      'time     event                     record                    latency  status try',
    );
  });

  it('says after a failure when the next attempt is due', () => {
    const failed = { ...arrival, fate: 'failed', answer: 'closed' } as const;
    const retryAt = new Date(at.getTime() + 60_000);
    const [, note] = arrivalLines(failed, undefined, { at, latencyMs: 7, retryAt, record: '' }, 80, plain);
    expect(note).to.equal('          ↳ closed the connection on purpose: attempt 2 is due at 09:04:04');
  });

  it('keeps within the width, whatever comes', () => {
    const body = { id: '412', fullname: '漢字 and a very long name that goes on, and on 🐎\x1b[2J\n' };
    for (const width of [60, 80, 100, 140, 200]) {
      for (const event of eventNames) {
        for (const line of arrivalLines(
          { ...arrival, event, body },
          undefined,
          { at, latencyMs: 59_999.9, retryAt: undefined, record: recordText(event, body) },
          width,
          plain,
        )) {
          expect(widthOf(line), `${width}: ${line}`).to.be.at.most(Math.max(width, 62));
          expect(line).to.match(/^[^\p{Cc}]*$/u);
        }
      }
    }
  });

  it('clips and fills by the columns that a terminal uses', () => {
    expect(clip('abcdef', 4)).to.equal('abc…');
    expect(clip('漢字漢字', 5)).to.equal('漢字…');
    expect(fill('漢字', 6)).to.equal('漢字  ');
    expect(fill('7 ms', 6, 'right')).to.equal('  7 ms');
  });

  it('draws a frame of exactly the terminal, the last lines above the footer, and gives the cursor back', () => {
    const output = Object.assign(new PassThrough(), {
      columns: 40,
      rows: 8,
    }) as unknown as NodeJS.WriteStream;
    const frame = { top: () => ['header'], bottom: () => ['footer', 'status'] };
    const screen = terminalScreen(output, frame);
    for (let i = 1; i <= 9; i += 1) screen.add(() => [`line ${i}`]);
    output.columns = 30;
    output.rows = 5;
    output.emit('resize');
    screen.close();
    screen.close();
    const drawn = String(output.read()).split('\x1b[H');
    const rowsOf = (text = '') => text.split('\r\n').map((row) => stripVTControlCharacters(row));
    expect(rowsOf(drawn[1])).to.deep.equal(['header', '', '', '', '', '', 'footer', 'status']);
    expect(rowsOf(drawn[10])).to.deep.equal([
      'header',
      'line 5',
      'line 6',
      'line 7',
      'line 8',
      'line 9',
      'footer',
      'status',
    ]);
    expect(rowsOf(drawn[11])).to.deep.equal(['header', 'line 8', 'line 9', 'footer', 'status']);
    expect(drawn.at(-1)?.endsWith('\x1b[?25h\n')).to.equal(true);
    expect(output.listenerCount('resize')).to.equal(0);
  });

  it('computes percentiles by nearest rank', () => {
    const values = Array.from({ length: 200 }, (_, i) => i + 1);
    expect([
      percentile(values, 50),
      percentile(values, 99),
      percentile([7.25], 99),
      percentile([], 50),
    ]).to.deep.equal([...[100, 198, 7.3, 0]]);
    expect([0.42, 12.4, 60_012].map(durationText)).to.deep.equal(['0.4 ms', '12 ms', '60.0 s']);
  });

  it('fails the first of its attempts now and then, by a 500 and by closing the connection', () => {
    const answer = nowAndThen();
    expect(answer('ping', 1)).to.equal(200);
    const answers = Array.from({ length: 60 }, () => answer('person_update', 1));
    expect(answers.filter((each) => each !== 200)).to.deep.equal([500, 'closed']);
    expect(answers.indexOf(500)).to.be.below(10);
    expect(answer('person_update', 2)).to.equal(200);
  });
});
