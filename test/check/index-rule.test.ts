import { expect } from 'chai';
import { serves } from '../../src/check/index-rule.ts';

describe('whether an index serves a lookup', () => {
  for (const [columns, unique, wanted, fixed, expected] of [
    [['a'], false, ['a'], [], true],
    [['a', 'b'], false, ['a'], [], true],
    [['b', 'a'], false, ['a'], [], false],
    [['b', 'a'], false, ['a', 'b'], [], true],
    [['a', 'c', 'b'], false, ['a', 'b'], [], false],
    [['a', 'c', 'b'], false, ['a', 'b'], ['c'], true],
    [['c'], false, ['a'], ['c'], false],
    [[null, 'a'], false, ['a'], [], false],
    // A single row is left: whatever else is compared costs nothing.
    [['a'], true, ['a', 'b'], [], true],
    [['a'], false, ['a', 'b'], [], false],
    [['a', 'd'], true, ['a', 'b'], [], false],
  ] as const) {
    it(`(${columns.join(', ')})${unique ? ' unique' : ''} for ${wanted.join(' and ')}${fixed.length > 0 ? ` where ${fixed} is given` : ''}: ${expected}`, () => {
      expect(serves({ columns, unique, immediate: true }, wanted, fixed)).to.equal(expected);
    });
  }
});
