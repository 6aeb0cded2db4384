import { expect } from 'chai';
import { type NetEffect, netEffects, type RecordChange } from '../../src/relay/events/net-effect.ts';
import type { Decision } from '../../src/relay/events/roles.ts';

type Step = [xid: string, key: string, op: RecordChange['op'], extra?: Partial<RecordChange>];

const changes = (...steps: Step[]): RecordChange[] =>
  steps.map(([xid, key, op, extra], i) => ({
    resourceName: 'person',
    key,
    op,
    seq: i + 1,
    xid,
    changedAt: new Date(0),
    requestId: null,
    updates: op === 'update' || op === 'touch' ? ['person_update'] : [],
    seen: [],
    image: op === 'delete' ? '{}' : undefined,
    ...extra,
  }));

const shown = (effects: NetEffect[]) => effects.map(({ key, effect }) => `${effect} ${key}`);

describe('net effect', () => {
  const cases: Array<[what: string, steps: Step[], effects: string[]]> = [
    [
      'insert, update',
      [
        ['1', 'a', 'insert'],
        ['1', 'a', 'update'],
      ],
      ['insert a'],
    ],
    [
      'update, update',
      [
        ['1', 'a', 'update'],
        ['1', 'a', 'update'],
      ],
      ['update a'],
    ],
    [
      'insert, delete',
      [
        ['1', 'a', 'insert'],
        ['1', 'a', 'delete'],
      ],
      [],
    ],
    [
      'update, delete',
      [
        ['1', 'a', 'update'],
        ['1', 'a', 'delete'],
      ],
      ['delete a'],
    ],
    [
      'delete, insert',
      [
        ['1', 'a', 'delete'],
        ['1', 'a', 'insert'],
      ],
      ['update a'],
    ],
    [
      'delete, insert, delete',
      [
        ['1', 'a', 'delete'],
        ['1', 'a', 'insert'],
        ['1', 'a', 'delete'],
      ],
      ['delete a'],
    ],
    [
      'insert, delete, insert',
      [
        ['1', 'a', 'insert'],
        ['1', 'a', 'delete'],
        ['1', 'a', 'insert'],
      ],
      ['insert a'],
    ],
    [
      'a part before its record',
      [
        ['1', 'a', 'touch'],
        ['1', 'a', 'insert'],
      ],
      ['insert a'],
    ],
    ['a part alone', [['1', 'a', 'touch']], ['update a']],
    [
      'a part of a deleted record',
      [
        ['1', 'a', 'touch'],
        ['1', 'a', 'delete'],
        ['1', 'a', 'touch'],
      ],
      ['delete a'],
    ],
    [
      'two transactions',
      [
        ['1', 'a', 'insert'],
        ['2', 'a', 'update'],
      ],
      ['insert a', 'update a'],
    ],
    [
      'an update from within the insert',
      [
        ['1', 'a', 'update'],
        ['1', 'a', 'insert'],
      ],
      ['insert a'],
    ],
    [
      'the order of last changes',
      [
        ['1', 'a', 'update'],
        ['2', 'b', 'update'],
        ['1', 'a', 'update'],
      ],
      ['update b', 'update a'],
    ],
  ];
  for (const [what, steps, effects] of cases) {
    it(`of ${what} is ${effects.join(', ') || 'nothing'}`, () => {
      expect(shown(netEffects(changes(...steps)))).to.eql(effects);
    });
  }

  it('keeps the last request id that was set, and the last row', () => {
    const [effect] = netEffects(
      changes(
        ['1', 'a', 'update', { requestId: 'first' }],
        ['1', 'a', 'update', { requestId: 'second' }],
        ['1', 'a', 'delete', { image: '{"id":1}' }],
      ),
    );
    expect(effect).to.include({ requestId: 'second', image: '{"id":1}' });
  });

  it('sees a transition from the first value to the last', () => {
    const decision: Decision = {
      event: 'off',
      on: 'transition',
      old: [{ value: 0, condition: true }],
      new: [{ value: 0, condition: false }],
      changed: 0,
    };
    const turn = (before: string, after: string) => ({
      seen: [{ decision, row: '', before: [before], after: [after] }],
    });
    const of = (...turns: Array<[string, string]>) => [
      ...netEffects(changes(...turns.map(([a, b]): Step => ['1', 'a', 'update', turn(a, b)])))[0]!.held,
    ];
    expect(of(['true', 'false'])).to.eql(['off']);
    expect(of(['true', 'maybe'], ['maybe', 'false'])).to.eql(['off']);
    expect(of(['true', 'false'], ['false', 'true'])).to.eql([]);
    expect(of(['false', 'true'])).to.eql([]);
  });

  it('sees the first value and the last of a row that is inserted again as it was', () => {
    const decision: Decision = {
      event: 'left',
      on: 'unassign',
      old: [],
      new: [],
      changed: undefined,
    };
    const seen = (before: string[] | undefined, after: string[] | undefined) => ({
      seen: [{ decision, row: 'b', before, after }],
    });
    const [gone, back] = [seen(['x'], undefined), seen(undefined, ['x'])];
    const of = (...turns: Array<ReturnType<typeof seen>>) => [
      ...netEffects(changes(...turns.map((turn): Step => ['1', 'a', 'touch', turn])))[0]!.held,
    ];
    expect(of(gone, back)).to.eql([]);
    expect(of(gone, back, gone)).to.eql(['left']);
  });

  it('takes a replaced record for one of which all has changed', () => {
    const [effect] = netEffects(changes(['1', 'a', 'delete'], ['1', 'a', 'insert']));
    expect(effect!.updates).to.equal('all');
  });
});
