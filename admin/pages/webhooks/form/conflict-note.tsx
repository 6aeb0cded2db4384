import { useEffect, useRef } from 'preact/hooks';
import { webhookForm } from '../../../texts/webhook-form.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import { Note } from '../../../ui/note.tsx';
import { Text } from '../../../ui/text.tsx';
import type { TheirChange } from './conflict.ts';

const texts = webhookForm.conflict;

export interface ConflictNoteProps {
  readonly changes: readonly TheirChange[];
  readonly onReload: () => void;
  readonly onGoOn: () => void;
}

/** What somebody else changed while this form was filled in, and the two ways to go on. */
export function ConflictNote({ changes, onReload, onGoOn }: ConflictNoteProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div ref={box} class="conflict" tabIndex={-1} role="alert">
      <Note tone="warn">
        <p>
          <b>{texts.title}</b>
        </p>
        <dl>
          {changes.map(({ field, was, is, clashes }) => (
            <div key={field}>
              <dt>
                {webhookForm.fields[field]} {clashes && <Badge tone="warn">{texts.clash}</Badge>}
              </dt>
              <dd>
                <span class="dim">{texts.was}</span> <Value text={was} />
              </dd>
              <dd>
                <span class="dim">{texts.is}</span> <Value text={is} />
              </dd>
            </div>
          ))}
        </dl>
        <p class="dim">{texts.goOnHint}</p>
        <div class="actions">
          <Button kind="primary" onClick={onGoOn}>
            {texts.goOn}
          </Button>
          <Button onClick={onReload}>{texts.reload}</Button>
        </div>
      </Note>
    </div>
  );
}

function Value({ text }: { text: string }) {
  return text === '' ? <span class="dim">{texts.empty}</span> : <Text mono>{text}</Text>;
}
