import { expect } from 'chai';
import { healthOf } from '../../src/metrics/health.ts';
import type { OldestDue } from '../../src/store/oldest-due.ts';
import type { QueueStatus } from '../../src/store/status.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const ago = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();

/** The queue as it is when these many seconds have passed since; undefined: never, or nothing waits. */
const queue = (oldest: number | undefined, moved: number | undefined): QueueStatus => ({
  // The database's clock is another than ours.
  at: new Date(now).toISOString(),
  relay: {
    active: true,
    changesWaiting: { count: oldest === undefined ? 0 : 1, atLeast: false },
    oldestChangeAt: oldest === undefined ? null : ago(oldest),
    movedAt: moved === undefined ? null : ago(moved),
  },
  deliveries: {
    due: { count: 0, atLeast: false },
    behind: { count: 0, atLeast: false },
    waiting: { count: 0, atLeast: false },
    nextDueAt: null,
  },
  endpoints: { active: 0, paused: 0, disabled: 0 },
});

describe('whether a daemon does its work', () => {
  const cases: ReadonlyArray<{
    what: string;
    standing?: string;
    failing?: number;
    queue?: QueueStatus;
    due?: OldestDue;
    codes: string[];
  }> = [
    { what: 'nothing waits', codes: [] },
    { what: 'nothing has come for a day', queue: queue(undefined, 86_400), codes: [] },
    { what: 'changes wait, and the relay moves', queue: queue(3_600, 1), codes: [] },
    { what: 'a change comes after a quiet night', queue: queue(1, 30_000), codes: [] },
    {
      what: 'a change has waited for two minutes and a second, and nothing moves',
      queue: queue(121, 121),
      codes: ['relay_stuck'],
    },
    { what: 'no relay has ever moved', queue: queue(121, undefined), codes: ['relay_stuck'] },
    { what: "another daemon's relay is stuck", standing: 'standby', queue: queue(999, 999), codes: [] },
    { what: 'it has failed for half a minute', standing: 'failing', failing: 30, codes: [] },
    { what: 'it has failed for longer', standing: 'failing', failing: 31, codes: ['relay_failing'] },
    {
      what: 'deliveries have been due for two minutes and a second, and none is sent',
      due: { seconds: 121, sending: false },
      codes: ['deliveries_stuck'],
    },
    {
      what: 'they have been due for long, and others are sent',
      due: { seconds: 9_999, sending: true },
      codes: [],
    },
    { what: 'they have been due for a minute', due: { seconds: 60, sending: false }, codes: [] },
    { what: 'it reads again, and fails again', standing: 'reading', failing: 31, codes: ['relay_failing'] },
  ];
  for (const {
    what,
    standing = 'asleep',
    failing,
    queue: waiting = queue(undefined, 1),
    due,
    codes,
  } of cases) {
    it(`${codes.length === 0 ? 'ok' : codes[0]}: ${what}`, () => {
      const failingSince = failing === undefined ? undefined : new Date(now - failing * 1_000);
      const { status, reasons } = healthOf({ standing, failingSince }, waiting, due, now);
      expect(reasons.map(({ code }) => code)).to.deep.equal(codes);
      expect(status).to.equal(codes.length === 0 ? 'ok' : 'failing');
    });
  }

  it('database_unreachable: the database does not answer', () => {
    const { status, reasons } = healthOf(
      { standing: 'failing', failingSince: new Date(now) },
      undefined,
      undefined,
      now,
    );
    expect([status, reasons.map(({ code }) => code)]).to.deep.equal(['failing', ['database_unreachable']]);
  });
});
