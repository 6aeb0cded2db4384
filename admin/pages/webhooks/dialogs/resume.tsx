import { useState } from 'preact/hooks';
import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import { api } from '../../../data/api.ts';
import { webhooks as texts } from '../../../texts/webhooks.ts';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { Note } from '../../../ui/note.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { toast } from '../../../ui/toast.tsx';
import { allHeld, isNone } from '../held.ts';
import { hostOf } from '../url-parts.ts';
import { useHeld } from '../use-held.ts';
import { useTask } from '../use-task.ts';
import { AskDialog } from './ask.tsx';
import type { AskProps } from './ask-props.ts';

const words = texts.resume;

/** Lets a webhook go on, with or without what was held for it. */
export function ResumeDialog({ endpoint, onClose, onChange }: AskProps) {
  const task = useTask();
  const [drops, setDrops] = useState(false);
  const { data, problem, reload } = useHeld(endpoint.id);
  const held = data && allHeld(data);
  const act = () =>
    task.run(async () => {
      const { endpoint: now, dropped } = await api.post<{ endpoint: EndpointView; dropped: number }>(
        `/endpoints/${endpoint.id}/resume`,
        { held: drops ? 'drop' : 'deliver' },
      );
      onChange(now);
      onClose();
      toast(drops ? words.doneDropped(dropped) : words.done, { kind: 'ok' });
    });
  const choice = (value: boolean, label: string, hint: string) => (
    <Checkbox
      type="radio"
      name="held"
      checked={drops === value}
      onChange={() => setDrops(value)}
      label={label}
      hint={hint}
    />
  );
  return (
    <AskDialog
      endpoint={endpoint}
      title={words.title(hostOf(endpoint.url))}
      action={drops && held ? words.actionDrop(held) : words.action}
      danger={drops}
      why={held ? null : words.counting}
      task={task}
      onAct={act}
      onClose={onClose}
    >
      <div class="held" aria-busy={!held}>
        {problem && <ErrorNote problem={problem} onRetry={reload} />}
        {!held && !problem && <Skeleton height="6.5rem" />}
        {held && isNone(held) && <p>{words.nothingHeld}</p>}
        {held && !isNone(held) && (
          <fieldset class="radios">
            <legend>{words.question}</legend>
            {choice(false, words.deliver(held), words.deliverHint)}
            {choice(true, words.drop(held), words.dropHint)}
          </fieldset>
        )}
      </div>
      {endpoint.status === 'disabled' && <Note>{words.disabledNote}</Note>}
    </AskDialog>
  );
}
