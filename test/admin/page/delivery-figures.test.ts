import { expect } from 'chai';
import { base64Of, bytesOf, hexDump } from '../../../admin/pages/deliveries/bytes.ts';
import { phaseParts } from '../../../admin/pages/deliveries/phase-bar.ts';
import { isNearEnd, rowsInView, scrollTopFor } from '../../../admin/pages/deliveries/view-window.ts';

describe('the bar of phases', () => {
  const none = { dns: null, connect: null, tls: null, wait: null, body: null };

  it('shows the phases that there were side by side, in full', () => {
    const parts = phaseParts({ ...none, connect: 10, wait: 90, body: 0 });
    expect(parts.map(({ name }) => name)).to.deep.equal(['connect', 'wait', 'body']);
    let from = 0;
    for (const part of parts) {
      expect(part.from).to.be.closeTo(from, 1e-9);
      expect(part.width).to.be.at.least(1.5);
      from += part.width;
    }
    expect(from).to.be.closeTo(100, 1e-9);
    expect(parts[1]?.width).to.be.greaterThan(80);
  });

  it('has nothing to show where nothing was measured, and an even bar where all took no time', () => {
    expect(phaseParts(none)).to.deep.equal([]);
    expect(phaseParts({ ...none, wait: 0, body: 0 }).map(({ width }) => width)).to.deep.equal([50, 50]);
  });
});

describe('the rows in view', () => {
  it('are a bounded number, however long the list and wherever one is', () => {
    const view = { height: 800, rowHeight: 40, total: 1_000_000 };
    for (const scrollTop of [-50, 0, 39, 4_000, 20_000_000, 39_999_200, 50_000_000]) {
      const { from, to } = rowsInView({ ...view, scrollTop });
      expect(from).to.be.within(0, to);
      expect(to - from).to.be.at.most(46);
      expect(to).to.be.at.most(1_000_000);
    }
    expect(rowsInView({ ...view, scrollTop: 4_000 })).to.deep.equal({ from: 88, to: 132 });
  });

  it('follow the row that is chosen', () => {
    const view = { height: 400, rowHeight: 40, total: 100, scrollTop: 200 };
    expect(scrollTopFor(5, view)).to.equal(200);
    expect(scrollTopFor(14, view)).to.equal(200);
    expect(scrollTopFor(4, view)).to.equal(160);
    expect(scrollTopFor(15, view)).to.equal(240);
  });

  it('ask for more before the end is reached', () => {
    const view = { height: 400, rowHeight: 40, total: 100 };
    expect(isNearEnd({ ...view, scrollTop: 0 })).to.equal(false);
    expect(isNearEnd({ ...view, scrollTop: 3_200 })).to.equal(true);
    expect(isNearEnd({ ...view, scrollTop: 0, total: 5 })).to.equal(true);
  });
});

describe('bytes', () => {
  it('come back from base64, every one of them', () => {
    const all = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
    expect(bytesOf({ text: null, base64: base64Of(all) })).to.deep.equal(all);
    expect(bytesOf({ text: 'é', base64: null })).to.deep.equal(Uint8Array.of(0xc3, 0xa9));
  });

  it('are dumped in lines of sixteen', () => {
    expect(hexDump(Buffer.from('GIF89a\0\xff0123456789', 'latin1'))).to.equal(
      [
        '000000  47 49 46 38 39 61 00 ff  30 31 32 33 34 35 36 37  GIF89a··01234567',
        '000010  38 39                                             89',
      ].join('\n'),
    );
  });
});
