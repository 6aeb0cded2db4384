import { expect } from 'chai';
import { pino } from 'pino';
import type { End } from '../../src/delivery/health/breaker.ts';
import type { Standing } from '../../src/delivery/health/health.ts';
import { HealthNotes } from '../../src/delivery/health/health-notes.ts';
import type { Session } from '../../src/delivery/queue/session.ts';
import { waitUntil } from '../support/wait.ts';
import { claimed } from './claimed.ts';

/** What the statement was given, column by column. */
interface Written {
  readonly endpointIds: readonly string[];
  readonly successes: readonly number[];
  readonly failures: readonly number[];
  readonly ofOne: readonly number[];
}

describe('notes of the health of endpoints', () => {
  const written: Written[] = [];
  const told: Standing[] = [];
  /** What the database does with the next statements. */
  let answers: Array<'fail' | 'skip' | 'gone'> = [];
  let gone = false;
  let release: (() => void) | undefined;
  let held = false;
  const answerNow = (): void => release?.();

  const session: Session = {
    async query<Row extends object>(_statement: object, values: readonly unknown[]) {
      const [endpointIds, successes, failures, ofOne] = values as readonly (readonly never[])[];
      // The second statement, which asks what was skipped and is still there.
      if (values.length === 1 && gone) return { rows: [] };
      if (values.length === 1)
        return { rows: endpointIds?.map((endpointId) => ({ endpointId })) as unknown as Row[] };
      if (held) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      const answer = answers.shift();
      if (answer === 'fail') throw new Error('not now');
      gone = answer === 'gone';
      if (answer === 'skip' || gone) return { rows: [] };
      written.push({ endpointIds, successes, failures, ofOne } as unknown as Written);
      const rows = (endpointIds as readonly string[]).map((endpointId, index) => ({
        endpointId,
        failures: 0,
        waits: false,
        turned: null,
        throttle: null,
        failing: false,
        well: (failures as readonly number[])[index] === 0,
      }));
      return { rows: rows as unknown as Row[] };
    },
    close() {},
  };
  let notes: HealthNotes;
  beforeEach(() => {
    written.length = 0;
    told.length = 0;
    answers = [];
    held = false;
    notes = new HealthNotes({
      session,
      log: pino({ level: 'silent' }),
      disableAfterDays: 5,
      onNoted: (standing) => told.push(standing),
    });
  });
  const end = (endpointId: string, outcome: End['outcome'], more: Partial<End> = {}): End => ({
    delivery: claimed(endpointId, 1)[0]!,
    outcome,
    pauseMs: 0,
    slowDown: false,
    ...more,
  });

  it('are not made of successes of endpoints that are well', async () => {
    notes.claimed(claimed('1', 1));
    notes.add(end('1', 'succeeded'));
    notes.add(end('1', 'unsent'));
    await notes.settled();
    expect(written).to.deep.equal([]);
  });

  it('are made of failures, and of the success that ends them, once', async () => {
    notes.add(end('1', 'failed'));
    await notes.settled();
    notes.add(end('1', 'succeeded'));
    await notes.settled();
    notes.add(end('1', 'succeeded'));
    await notes.settled();
    expect(written.map((each) => [each.successes, each.failures])).to.deep.equal([
      [[0], [1]],
      [[1], [0]],
    ]);
  });

  it('are made of successes of endpoints that a claim says are not well', async () => {
    notes.claimed(claimed('1', 1, { unwell: true }));
    notes.add(end('1', 'succeeded'));
    await notes.settled();
    expect(written).to.have.length(1);
  });

  it('are none any more of an endpoint that is gone', async () => {
    answers = ['gone'];
    notes.add(end('1', 'failed'));
    await notes.settled();
    notes.add(end('1', 'succeeded'));
    await notes.settled();
    expect(written).to.deep.equal([]);
  });

  it('are one statement for all that ended meanwhile, one note for each endpoint', async () => {
    held = true;
    notes.add(end('1', 'failed'));
    await waitUntil(() => release, { what: 'the first statement' });
    for (const id of ['2', '2', '3', '2']) notes.add(end(id, 'failed'));
    const settled = notes.settled();
    held = false;
    answerNow();
    await settled;
    expect(written.map((each) => each.endpointIds)).to.deep.equal([['1'], ['2', '3']]);
    expect(written[1]?.failures).to.deep.equal([3, 1]);
  });

  for (const answer of ['fail', 'skip'] as const) {
    it(`are kept where the database ${answer === 'fail' ? 'is away' : 'has the row locked'}, and joined with what follows`, async () => {
      const meanwhile = async (ends: readonly End[]): Promise<void> => {
        answers = [answer];
        held = true;
        release = undefined;
        notes.add(end('1', 'failed'));
        await waitUntil(() => release, { what: 'the statement' });
        for (const each of ends) notes.add(each);
        held = false;
        answerNow();
      };
      await meanwhile([end('1', 'failed')]);
      await waitUntil(() => written.length === 1, { what: 'the note' });
      expect(written[0]).to.deep.include({ successes: [0], failures: [2], ofOne: [0] });
      await meanwhile([end('1', 'succeeded'), end('1', 'failed')]);
      await waitUntil(() => written.length === 2, { what: 'the next note' });
      expect(written[1]).to.deep.include({ successes: [1], failures: [1], ofOne: [1] });
    });
  }

  it('say from ten failures in a row on that nothing should be sent before they are written, or where a pause is asked for', async () => {
    const asked = Array.from({ length: 11 }, () => notes.add(end('1', 'failed')));
    expect(asked).to.deep.equal([...Array(9).fill(false), true, true]);
    expect(notes.add(end('1', 'succeeded'))).to.equal(false);
    expect(notes.add(end('1', 'failed'))).to.equal(false);
    expect(notes.add(end('2', 'failed', { pauseMs: 1 }))).to.equal(true);
    await notes.settled();
  });

  it('end when stopped: what cannot be written then is given up', async () => {
    answers = ['fail', 'fail'];
    notes.add(end('1', 'failed'));
    const settled = notes.settled();
    await notes.drain();
    await settled;
    expect(written).to.deep.equal([]);
    await notes.settled();
  });
});
