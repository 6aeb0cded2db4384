import type { StepView, StoryView as StoryShape } from '../../../src/admin/shapes/common.ts';
import { Link, pathTo } from '../../routes.tsx';
import { story as texts } from '../../texts/events.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { answerParts, placeOfCommand, wordPieces } from './words.ts';

export interface StoryViewProps {
  story: StoryShape;
  title: string;
  /** The answer, and what helps; the steps on request. */
  brief?: boolean;
}

/** Why something was delivered or was not: the answer, what helps, and step by step how it came. */
export function StoryView({ story, title, brief }: StoryViewProps) {
  const steps = <Steps steps={story.steps} />;
  const folded = brief || countOf(story.steps) > openMost;
  const [answer = '', ...parts] = answerParts(story.answer);
  // The page has a button for that.
  const advice = folded
    ? [...new Set(adviceOf(story.steps))].filter((words) => !words.startsWith('rowhook deliveries redeliver'))
    : [];
  return (
    <section class="story" aria-label={title}>
      <p class="story-answer">
        <Words>{parts.length === 0 ? answer : `${answer}:`}</Words>
      </p>
      {parts.length > 0 && (
        <ul class="story-parts">
          {parts.map((part) => (
            <li key={part}>
              <Words>{sentence(part)}</Words>
            </li>
          ))}
        </ul>
      )}
      {advice.length > 0 && <Advice advice={advice} />}
      {story.steps.length > 0 &&
        (folded ? (
          <details>
            <summary>{texts.steps}</summary>
            {steps}
          </details>
        ) : (
          steps
        ))}
    </section>
  );
}

/** A longer way is told on request: the answer and what helps must not be lost in it. */
const openMost = 8;

const countOf = (steps: readonly StepView[]): number =>
  steps.reduce((count, step) => count + 1 + countOf(step.steps), 0);

const sentence = (part: string): string =>
  `${part.charAt(0).toUpperCase()}${part.slice(1)}${part.endsWith('.') ? '' : '.'}`;

const adviceOf = (steps: readonly StepView[]): string[] =>
  steps.flatMap((step) => [...step.advice, ...adviceOf(step.steps)]);

function Steps({ steps }: { steps: readonly StepView[] }) {
  return (
    <ol class="steps">
      {steps.map((step, index) => (
        <li key={`${index} ${step.code}`} class={toneOf(step)}>
          <p>
            <Words facts={step.facts}>{step.words}</Words>
          </p>
          {step.advice.length > 0 && <Advice advice={step.advice} />}
          {step.steps.length > 0 && <Steps steps={step.steps} />}
        </li>
      ))}
    </ol>
  );
}

function Advice({ advice }: { advice: readonly string[] }) {
  return (
    <ul class="advice" aria-label={texts.advice}>
      {advice.map((words) => (
        <li key={words}>
          <Words>{words}</Words>
        </li>
      ))}
    </ul>
  );
}

/** The words of the server, its moments in the viewer's zone, its commands to be copied. */
export function Words({ children, facts = {} }: { children: string; facts?: StepView['facts'] }) {
  return wordPieces(children).map(({ kind, text }, index) => {
    if (kind === 'time') return <Time key={index} at={text} form="clock" />;
    if (kind === 'id') return <Id key={index} id={text} facts={facts} />;
    if (kind === 'text') return <Text key={index}>{text}</Text>;
    const place = placeOfCommand(text);
    if (place !== null) {
      const to =
        place.page === 'webhook'
          ? pathTo('webhook', { id: place.id })
          : pathTo('delivery', { deliveryId: place.id });
      return (
        <Link key={index} to={to}>
          {index === 0 && place.page === 'webhook'
            ? texts.resume(place.id)
            : texts.places[place.page](place.id)}
        </Link>
      );
    }
    return (
      <span key={index} class="command">
        <code>
          <Text>{text}</Text>
        </code>
        <CopyButton text={text} label={texts.copy} />
      </span>
    );
  });
}

/** An id leads to what it is of, where the step says so; another delivery that it waits for is one too. */
function Id({ id, facts }: { id: string; facts: StepView['facts'] }) {
  const to = facts.event === id ? pathTo('event', { id }) : pathTo('delivery', { deliveryId: id });
  return (
    <Link to={to}>
      <Text mono>{id}</Text>
    </Link>
  );
}

const tones: Readonly<Record<string, string>> = {
  delivered: 'ok',
  exhausted: 'bad',
  blocked_address: 'bad',
  set_aside: 'bad',
  gap: 'bad',
  drift: 'bad',
  relay_absent: 'bad',
  waiting: 'warn',
  held: 'warn',
  behind: 'warn',
  dropped: 'warn',
};

const toneOf = ({ code }: StepView): string => tones[code] ?? 'neutral';
