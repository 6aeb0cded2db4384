import type { ComponentChildren } from 'preact';
import type { ApiProblem } from '../data/api-client.ts';
import { shell } from '../texts/shell.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import { Text } from './text.tsx';

export interface ErrorNoteProps {
  problem: ApiProblem;
  /** Tries again. */
  onRetry?: (() => void) | undefined;
  children?: ComponentChildren | undefined;
}

/** What went wrong: in words, with the stable code and what helps. */
export function ErrorNote({ problem, onRetry, children }: ErrorNoteProps) {
  const { detail, code, fix } = problem.problem;
  return (
    <div class="note bad" role="alert">
      <Icon name="error" />
      <div class="note-words">
        <p>
          <Text>{detail}</Text> <code>{code}</code>
        </p>
        {fix && (
          <p>
            <Text>{fix}</Text>
          </p>
        )}
        {children}
      </div>
      {onRetry && (
        <Button small onClick={onRetry}>
          {shell.tryAgain}
        </Button>
      )}
    </div>
  );
}
