import { useState } from 'preact/hooks';
import type { AttemptView } from '../../../src/admin/shapes/delivery.ts';
import { delivery as texts } from '../../texts/deliveries.ts';
import { Attempt } from './attempt.tsx';

/** So many are listed at first: a schedule of ten or so fits. */
const listedMost = 12;

/** Each attempt, the newest first, and that one open. */
export function Attempts({ attempts }: { attempts: readonly AttemptView[] }) {
  const [all, setAll] = useState(false);
  const [opened] = useState(() => attempts.at(-1)?.id);
  const newest = [...attempts].reverse();
  const listed = all ? newest : newest.slice(0, listedMost);
  if (newest.length === 0) return <p class="dim">{texts.noAttempts}</p>;
  return (
    <section class="attempts" aria-label={texts.attemptsTitle(newest.length)}>
      <h3>{texts.attemptsTitle(newest.length)}</h3>
      {listed.map((attempt) => (
        <Attempt key={attempt.id} attempt={attempt} isOpen={attempt.id === opened} />
      ))}
      {listed.length < newest.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {texts.showEarlier(newest.length - listed.length)}
        </button>
      )}
    </section>
  );
}
