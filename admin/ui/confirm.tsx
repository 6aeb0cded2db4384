import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { shell } from '../texts/shell.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { TextInput } from './text-input.tsx';

export interface Question {
  title: string;
  /** What will happen, and what is lost. */
  body: ComponentChildren;
  /** The button that does it, as a verb. */
  action: string;
  danger?: boolean | undefined;
  /** The button that does nothing. Default: "Cancel". */
  keep?: string | undefined;
  /** Has to be typed before the button works. */
  typed?: string | undefined;
}

const asked = signal<(Question & { answer: (yes: boolean) => void }) | null>(null);

/** Asks before something that cannot be undone. Resolves with whether to go on. */
export function confirm(question: Question): Promise<boolean> {
  asked.peek()?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (yes) => {
        asked.value = null;
        resolve(yes);
      },
    };
  });
}

/** Where questions appear: once, in the app. */
export function ConfirmLayer() {
  return asked.value && <Asked key={asked.value.title} question={asked.value} />;
}

function Asked({ question }: { question: NonNullable<typeof asked.value> }) {
  const [typed, setTyped] = useState('');
  const missing = question.typed !== undefined && typed.trim() !== question.typed;
  return (
    <Dialog
      title={question.title}
      onClose={() => question.answer(false)}
      footer={
        <>
          <Button onClick={() => question.answer(false)}>{question.keep ?? shell.cancel}</Button>
          <Button
            kind={question.danger ? 'danger' : 'primary'}
            why={missing ? shell.typeFirst : null}
            onClick={() => question.answer(true)}
          >
            {question.action}
          </Button>
        </>
      }
    >
      {question.body}
      {question.typed !== undefined && (
        <Field label={shell.typeToConfirm(question.typed)}>
          {(control) => <TextInput {...control} value={typed} onInput={setTyped} />}
        </Field>
      )}
    </Dialog>
  );
}
