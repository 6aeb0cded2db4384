import type { PhasesView } from '../../../src/admin/shapes/delivery.ts';
import { formatDuration } from '../../data/format.ts';
import { delivery as texts } from '../../texts/deliveries.ts';
import { phaseParts } from './phase-bar.ts';

/** Where the time of a request went: a bar, and the figures under it. */
export function PhaseBar({ phases, durationMs }: { phases: PhasesView | null; durationMs: number }) {
  const parts = phases ? phaseParts(phases) : [];
  return (
    <section class="timing" aria-label={texts.timing}>
      <div class="message-head">
        <h4>{texts.timing}</h4>
        <span class="dim">{formatDuration(durationMs)}</span>
      </div>
      {parts.length === 0 ? (
        <p class="dim">{texts.noTiming}</p>
      ) : (
        <>
          <div class="phase-bar" aria-hidden="true">
            {parts.map(({ name, width }) => (
              <span key={name} class={`phase ${name}`} style={{ width: `${width}%` }} />
            ))}
          </div>
          <ul class="phase-list">
            {parts.map(({ name, ms }) => (
              <li key={name} title={texts.phases[name].what}>
                <span class={`phase-key ${name}`} />
                {texts.phases[name].name} <b>{formatDuration(ms)}</b>
              </li>
            ))}
          </ul>
          {phases?.connect === null && phases.tls === null && phases.wait !== null && (
            <p class="dim hint">{texts.reused}</p>
          )}
        </>
      )}
    </section>
  );
}
