import type { Step, Story } from '../../explain/story.ts';
import type { StepView, StoryView } from '../shapes/common.ts';
import { isoOrNull } from './times.ts';

/** A story as the API tells it. Pure. */
export function storyView({ answer, steps }: Story): StoryView {
  return { answer, steps: steps.map(stepView) };
}

function stepView({ code, words, at, advice, facts, steps }: Step): StepView {
  return {
    code,
    words,
    at: isoOrNull(at),
    advice: [...advice],
    facts: { ...facts },
    steps: steps.map(stepView),
  };
}
