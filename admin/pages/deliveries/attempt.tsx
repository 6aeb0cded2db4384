import { useState } from 'preact/hooks';
import { now } from '../../data/clock.ts';
import { formatDuration } from '../../data/format.ts';
import { deliveries, delivery as texts } from '../../texts/deliveries.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { Body } from './body.tsx';
import { CurlButton } from './curl-button.tsx';
import { Headers } from './headers.tsx';
import { PhaseBar } from './phase-bar-view.tsx';
import type { ShownAttempt } from './shown-attempt.ts';
import { Words } from './story-view.tsx';

/** One request and how it ended: a line, and all of it when opened. */
export function Attempt({ attempt, isOpen: opensItself }: { attempt: ShownAttempt; isOpen: boolean }) {
  const [isOpen, setOpen] = useState(opensItself);
  const { number, verdict, status, reason } = attempt;
  return (
    <details class="attempt" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="attempt-number">{texts.attempt(number)}</span>
        <StateBadge state={verdict} />
        <span class="attempt-answer">
          <Text>{status === null ? deliveries.reason(reason) : String(status)}</Text>
        </span>
        <span class="attempt-took dim">{formatDuration(attempt.durationMs)}</span>
        <span class="attempt-time dim">
          <Time at={attempt.startedAt} form="clock" />
        </span>
      </summary>
      {isOpen && <Opened attempt={attempt} />}
    </details>
  );
}

function Opened({ attempt }: { attempt: ShownAttempt }) {
  const { advice, detail, status, verdict } = attempt;
  return (
    <div class="stack attempt-body">
      <div class={`attempt-verdict ${verdict}`}>
        <p>
          <Words>{texts.because(attempt.because)}</Words>
          {detail !== null && (
            <span class="dim">
              {' '}
              (<Text>{detail}</Text>)
            </span>
          )}
        </p>
        {advice !== null && (
          <p>
            <Words>{advice}</Words>
          </p>
        )}
        <Next attempt={attempt} />
      </div>
      <PhaseBar phases={attempt.phases} durationMs={attempt.durationMs} />
      <section class="message" aria-label={texts.request}>
        <div class="message-head">
          <h4>{texts.request}</h4>
          <CurlButton attempt={attempt} />
        </div>
        <p class="message-line">
          <span class="method">POST</span> <Text mono>{attempt.url}</Text>
        </p>
        <Headers headers={attempt.requestHeaders} />
        <Body body={attempt.requestBody} label={texts.requestBody} />
      </section>
      <section class="message" aria-label={texts.response}>
        <div class="message-head">
          <h4>{texts.response}</h4>
        </div>
        {status === null ? (
          <p class="dim">{texts.noResponse}</p>
        ) : (
          <>
            <p class="message-line">
              <span class={`status s${Math.floor(status / 100)}`}>{status}</span>
            </p>
            <Headers headers={attempt.responseHeaders ?? []} />
            <Body
              body={attempt.responseBody}
              label={texts.responseBody}
              cut={attempt.responseCut}
              isResponse
            />
          </>
        )}
      </section>
    </div>
  );
}

/** What follows it. Of a success nothing is said. */
function Next({ attempt: { verdict, dueAt } }: { attempt: ShownAttempt }) {
  if (verdict === 'succeeded') return null;
  if (verdict === 'exhausted' || dueAt === null) return <p class="dim">{texts.noNext}</p>;
  if (Date.parse(dueAt) <= now.value) {
    return (
      <p class="dim">
        {texts.nextWas} <Time at={dueAt} form="clock" />
      </p>
    );
  }
  return (
    <p class="dim">
      {texts.nextDue} <Time at={dueAt} form="clock" /> (<Time at={dueAt} />)
    </p>
  );
}
