import { expect } from 'chai';
import { Claiming } from '../../src/delivery/claiming.ts';
import { DatabaseClock } from '../../src/delivery/database-clock.ts';
import { Lanes } from '../../src/delivery/lanes/lanes.ts';
import type { Claimed } from '../../src/delivery/queue/claim.ts';
import type { Session, Statement } from '../../src/delivery/queue/session.ts';
import { fullSpeed } from '../../src/pace.ts';
import { claimed } from './claimed.ts';

const full = 'rowhook claim';
const known = 'rowhook claim known';
/** As many as there is room for. */
const wanted = 12;

describe('claiming', () => {
  it('looks everywhere again at once where it was slow because much waits, but not where something was lately', async () => {
    const { claims, asked } = claiming({ [full]: { rows: wanted, ms: 60 }, [known]: { rows: 0, ms: 0 } });
    for (let i = 0; i < 4; i++) await claims();
    expect(asked).to.deep.equal([full, known, full, known]);
  });

  it('looks where something was lately for a while after it was slow and found little', async () => {
    const { claims, asked } = claiming({ [full]: { rows: 1, ms: 60 }, [known]: { rows: 0, ms: 0 } });
    for (let i = 0; i < 4; i++) await claims();
    expect(asked).to.deep.equal([full, known, known, known]);
  });

  it('asks about few of many endpoints that it knows, the latest ones', () => {
    const lanes = new Lanes({ concurrency: 64, perEndpoint: 8 });
    for (let id = 1; id <= 1_000; id++) {
      lanes.admit({ deliveries: claimed(String(id), 1), cut: false }, lanes.room(true, id), id);
      const sent = lanes.next(id)!;
      lanes.ended(sent, 'answered', id);
      lanes.release(sent);
    }
    const asked = new Set(lanes.room(false, 1_000).lanes.map(({ endpointId }) => Number(endpointId)));
    expect(asked.size).to.equal(128);
    expect(Math.min(...asked)).to.equal(1_000 - 127);
  });
});

/** Claims on a session that takes so long, and brings so many of endpoints of their own each time. */
function claiming(answers: Record<string, { rows: number; ms: number }>) {
  const asked: string[] = [];
  let last = 0;
  const session: Session = {
    async query<Row extends object>({ name }: Statement): Promise<{ rows: Row[] }> {
      const answer = name === undefined ? undefined : answers[name];
      if (!answer) return { rows: [] };
      asked.push(name!);
      const until = performance.now() + answer.ms;
      while (performance.now() < until);
      return { rows: Array.from({ length: answer.rows }, () => rowOf(String(++last)) as Row) };
    },
    close() {},
  };
  const lanes = new Lanes({ concurrency: wanted / 3, perEndpoint: 1 });
  const claims = new Claiming({
    session,
    lanes,
    pace: fullSpeed,
    clock: new DatabaseClock(),
    keeper: 'k',
    timeoutMs: 1_000,
    marginMs: 1_000,
  });
  return {
    asked,
    async claims() {
      const { deliveries } = await claims.claim();
      for (let sent = lanes.next(performance.now()); sent; sent = lanes.next(performance.now())) {
        lanes.ended(sent, 'answered', performance.now());
        lanes.release(sent);
      }
      return deliveries;
    },
  };
}

/** What the statement returns for a first delivery of an endpoint. */
function rowOf(endpointId: string): object {
  const [{ lane, slot, id, eventId, record, attempts, starts, counted, probe, ...rest }] = claimed(
    endpointId,
    1,
  ) as [Claimed];
  const endpoint = { ...rest, version: '1' };
  return {
    lane,
    slot,
    endpointId,
    id,
    eventId,
    record,
    attempts,
    starts,
    counted,
    probe,
    endpoint,
    putAway: false,
  };
}
