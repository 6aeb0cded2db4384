import type { CountView } from '../../../src/admin/shapes/common.ts';
import type { HeldView } from '../../../src/admin/shapes/endpoint.ts';

/** Several counts together: what is bounded in one is bounded in the sum. */
export function sumOf(...counts: readonly CountView[]): CountView {
  return {
    count: counts.reduce((sum, { count }) => sum + count, 0),
    atLeast: counts.some(({ atLeast }) => atLeast),
  };
}

/** All that waits for an endpoint: what a delete or a drop takes along. */
export const allHeld = ({ due, behind, waiting }: HeldView): CountView => sumOf(due, behind, waiting);

export const isNone = ({ count, atLeast }: CountView): boolean => count === 0 && !atLeast;
