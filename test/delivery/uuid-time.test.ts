import { expect } from 'chai';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { attemptId } from '../../src/delivery/attempt-id.ts';
import { dayName, dayNamed } from '../../src/delivery/queue/days.ts';
import { attemptsFrom, lowestUuid, uuidDay, uuidTime } from '../../src/uuid-time.ts';

const moments = fc.date({ min: new Date('2020-01-01'), max: new Date('2120-01-01'), noInvalidDate: true });

describe('the time in a UUIDv7', () => {
  it('is the millisecond it was made in', () => {
    const at = new Date('2018-04-04T11:39:57.123Z');
    expect(uuidTime(v7({ msecs: at.getTime() }))).to.deep.equal(at);
    expect(uuidTime(attemptId(new Date())).getTime()).to.be.closeTo(Date.now(), 1_000);
  });

  it('puts every id of a day between the bounds of that day, and no other', () => {
    fc.assert(
      fc.property(moments, moments, (at, other) => {
        const { from, to } = uuidDay(at);
        const id = v7({ msecs: other.getTime() });
        expect(from <= id && id < to).to.equal(dayName(at) === dayName(other));
      }),
    );
  });

  it('bounds a day from its first millisecond to that of the next', () => {
    expect(uuidDay(new Date('2018-04-04T23:59:59.999Z'))).to.deep.equal({
      from: lowestUuid(new Date('2018-04-04T00:00:00Z')),
      to: lowestUuid(new Date('2018-04-05T00:00:00Z')),
    });
    expect(lowestUuid(new Date(0))).to.equal('00000000-0000-0000-0000-000000000000');
    expect(lowestUuid(new Date('2018-04-04T00:00:00Z'))).to.equal('01628df3-fc00-0000-0000-000000000000');
  });

  it('allows attempts to be dated up to an hour before their delivery', () => {
    const ids = ['2018-04-04T12:00:00Z', '2018-04-04T10:00:00Z'].map((at) => v7({ msecs: Date.parse(at) }));
    expect(uuidTime(attemptsFrom(ids))).to.deep.equal(new Date('2018-04-04T09:00:00Z'));
    expect(attemptsFrom([])).to.equal(lowestUuid(new Date(0)));
  });
});

describe('attempt ids', () => {
  it('are all different', () => {
    const ids = Array.from({ length: 2_000 }, () => attemptId(new Date()));
    expect(new Set(ids).size).to.equal(2_000);
    for (const id of ids)
      expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('names of days', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(moments, (at) => {
        expect(dayNamed(dayName(at))?.toISOString().slice(0, 10)).to.equal(at.toISOString().slice(0, 10));
      }),
    );
  });

  for (const name of ['', 'rest', '2018040', '20180431', '20181301', '201804044', '2018-04-04']) {
    it(`do not include "${name}"`, () => {
      expect(dayNamed(name)).to.equal(undefined);
    });
  }
});
