import { expect } from 'chai';
import { Hand } from '../../src/delivery/lanes/hand.ts';
import { Throughput } from '../../src/delivery/lanes/throughput.ts';

describe('throughput', () => {
  it('follows how many requests end in a second', () => {
    const throughput = new Throughput();
    expect(throughput.perSecond(0)).to.equal(0);
    ended(throughput, 400);
    expect(throughput.perSecond(200)).to.equal(1_000);
    ended(throughput, 400);
    expect(throughput.perSecond(400)).to.equal(1_500);
  });

  it('is not misled by what ends within a moment', () => {
    const throughput = new Throughput();
    throughput.perSecond(0);
    ended(throughput, 64);
    expect(throughput.perSecond(1)).to.equal(0);
    expect(throughput.perSecond(1_000)).to.equal(32);
  });

  it('falls when nothing ends any more', () => {
    const throughput = new Throughput();
    throughput.perSecond(0);
    ended(throughput, 1_000);
    const rates = [1_000, 2_000, 3_000].map((now) => throughput.perSecond(now));
    expect(rates).to.deep.equal([500, 250, 125]);
  });
});

describe('what a process has in hand', () => {
  it('is three times as many as it sends at a time, however slow that is', () => {
    const hand = new Hand(64);
    hand.deepen(10);
    expect(hand.limits(() => true)).to.deep.equal([128, 32, 32]);
  });

  it('grows with how fast they end, within bounds', () => {
    const hand = new Hand(64);
    hand.deepen(2_000);
    expect(hand.limits(() => true)).to.deep.equal([400, 100, 100]);
    hand.deepen(1_000_000);
    expect(hand.limits(() => true)).to.deep.equal([1_024, 256, 256]);
    hand.deepen(0);
    expect(hand.limits(() => true)).to.deep.equal([128, 32, 32]);
  });
});

function ended(throughput: Throughput, count: number): void {
  for (let i = 0; i < count; i++) throughput.ended();
}
