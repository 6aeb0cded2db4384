import { expect } from 'chai';
import { kept, type Result } from '../../bench/harness.ts';
import { exitCode, figureLines, jsonLine } from '../../bench/report.ts';

describe('what a bench reports', () => {
  const good = result({ rate: 0.9, peak: 200, seen: 7 }, { rate: { min: 0.9 }, peak: { max: 200 } });
  const slow = result({ ...good.metrics, rate: 0.89 }, good.bars);
  const large = result({ ...good.metrics, peak: 201 }, good.bars);

  it('keeps a bar that it reaches, and misses one on either side', () => {
    expect(kept(good)).to.equal(true);
    expect(kept(result({}, {}))).to.equal(true);
    for (const missed of [slow, large]) expect(kept(missed)).to.equal(false);
    const between = { rate: { min: 0.5, max: 1 } };
    for (const [rate, ok] of [
      [0.4, false],
      [0.7, true],
      [1.1, false],
    ] as const)
      expect(kept(result({ rate }, between)), String(rate)).to.equal(ok);
  });

  it('misses a bar of what was not measured', () => {
    expect(kept(result({ other: 1 }, { rate: { min: 0 } }))).to.equal(false);
    expect(kept(result({ rate: Number.NaN }, { rate: { max: 1 } }))).to.equal(false);
    expect(figureLines(result({}, { rate: { min: 0 } })).join()).to.match(/rate +NaN +at least 0 MISSED/);
  });

  it('is one line of JSON with four keys', () => {
    const line = jsonLine('relay', slow);
    expect(line).not.to.include('\n');
    expect(JSON.parse(line)).to.eql({ bench: 'relay', metrics: slow.metrics, bars: slow.bars, ok: false });
    expect(JSON.parse(jsonLine('relay', good))).to.include({ ok: true });
  });

  it('tells people each figure, its bar, and which is missed', () => {
    const [rate, peak, seen] = figureLines(slow);
    expect(rate).to.match(/rate +0\.89 +at least 0\.9 MISSED$/);
    expect(peak).to.match(/peak +200 +at most 200$/);
    expect(seen).to.match(/seen +7$/);
  });

  it('makes the command end with 1 as soon as one bench misses a bar', () => {
    expect(exitCode([])).to.equal(0);
    expect(exitCode([good, good])).to.equal(0);
    expect(exitCode([slow, good])).to.equal(1);
  });
});

function result(metrics: Result['metrics'], bars: Result['bars']): Result {
  return { metrics, bars, note: 'as it was' };
}
