import { type Mistake, mistake } from './mistake.ts';

/** Deeper than anybody writes, and less than the stack holds. */
const deepest = 200;

/** Fields that contain themselves, wherever in an input of any form, or go down without end. Each once. Pure. */
export function associationCycles(input: unknown): Mistake[] {
  const found: Mistake[] = [];
  /** Objects that are being walked, with where they lie. */
  const above = new Map<object, string>();
  /** Seen to its end: the same fields may be used in several places. */
  const done = new Set<object>();
  walk(input, '');
  return found;

  function walk(value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null || done.has(value)) return;
    const first = above.get(value);
    if (first !== undefined) {
      found.push(
        mistake(
          'association_cycle',
          path,
          'associations that come to an end',
          `${first || 'the catalog'} again`,
        ),
      );
      return;
    }
    if (above.size >= deepest) {
      found.push(mistake('association_cycle', '', `at most ${deepest} levels`, 'more of them'));
      done.add(value);
      return;
    }
    above.set(value, path);
    for (const [key, child] of Object.entries(value)) walk(child, path ? `${path}.${key}` : key);
    above.delete(value);
    done.add(value);
  }
}
