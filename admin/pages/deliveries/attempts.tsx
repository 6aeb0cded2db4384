import { useState } from 'preact/hooks';
import { delivery as texts } from '../../texts/deliveries.ts';
import { Attempt } from './attempt.tsx';
import type { ShownAttempt } from './shown-attempt.ts';

/** So many are listed at first: a schedule of ten or so fits. */
const listedMost = 12;

export interface AttemptsProps {
  attempts: readonly ShownAttempt[];
  /** There were others before those. */
  isCut: boolean;
}

/** Each attempt, the newest first, and that one open. */
export function Attempts({ attempts, isCut }: AttemptsProps) {
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
      {isCut && listed.length === newest.length && <p class="dim">{texts.attemptsCut}</p>}
    </section>
  );
}
