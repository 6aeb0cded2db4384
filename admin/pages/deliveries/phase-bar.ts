import type { PhasesView } from '../../../src/admin/shapes/delivery.ts';

export const phaseNames = ['dns', 'connect', 'tls', 'wait', 'body'] as const;
export type PhaseName = (typeof phaseNames)[number];

export interface PhasePart {
  readonly name: PhaseName;
  readonly ms: number;
  /** Percent of the bar: where it begins, and how wide it is. */
  readonly from: number;
  readonly width: number;
}

/** However short, it is seen. */
const narrowest = 1.5;

/** The phases that there were, side by side, over the whole bar. Pure. */
export function phaseParts(phases: PhasesView): readonly PhasePart[] {
  const taken = phaseNames.flatMap((name) => {
    const ms = phases[name];
    return ms === null ? [] : [{ name, ms: Math.max(0, ms) }];
  });
  const total = taken.reduce((sum, { ms }) => sum + ms, 0);
  const room = 100 - narrowest * taken.length;
  let from = 0;
  return taken.map(({ name, ms }) => {
    const width = narrowest + room * (total === 0 ? 1 / taken.length : ms / total);
    const part = { name, ms, from, width };
    from += width;
    return part;
  });
}
