import { useState } from 'preact/hooks';
import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import { api } from '../../../data/api.ts';
import { webhooks as texts } from '../../../texts/webhooks.ts';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { Field } from '../../../ui/field.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { TextInput } from '../../../ui/text-input.tsx';
import { toast } from '../../../ui/toast.tsx';
import { allHeld, isNone } from '../held.ts';
import { confirms, hostOf } from '../url-parts.ts';
import { useHeld } from '../use-held.ts';
import { useTask } from '../use-task.ts';
import { AskDialog } from './ask.tsx';
import type { AskProps } from './ask-props.ts';

const words = texts.remove;

/** Deletes a webhook: says what is lost, and where something waits for it asks for the name of its host. */
export function RemoveDialog({
  endpoint,
  onClose,
  onDeleted,
}: AskProps & { onDeleted: (id: string) => void }) {
  const task = useTask();
  const [typed, setTyped] = useState('');
  const { data, problem, reload } = useHeld(endpoint.id);
  const held = data && allHeld(data);
  const host = hostOf(endpoint.url);
  const mustType = held !== undefined && !isNone(held);
  const why = !held ? words.counting : mustType && !confirms(typed, host) ? words.confirmFirst : null;
  const act = () =>
    task.run(async () => {
      // As it is now: what counts here is that it is this one, not that nobody has touched it since the list was drawn.
      const { version } = await api.get<EndpointView>(`/endpoints/${endpoint.id}`);
      const { dropped } = await api.delete<{ dropped: number }>(`/endpoints/${endpoint.id}`, { version });
      onClose();
      onDeleted(endpoint.id);
      toast(words.done(dropped), { kind: 'ok' });
    });
  return (
    <AskDialog
      endpoint={endpoint}
      title={words.title(host)}
      action={words.action}
      danger
      why={why}
      task={task}
      onAct={act}
      onClose={onClose}
    >
      <p>{words.lost}</p>
      <ul class="lost" aria-busy={!held}>
        <li>{words.settings}</li>
        <li>
          {held && data ? (
            isNone(held) ? (
              words.nothingWaits
            ) : (
              <b>{words.waiting(held, data)}</b>
            )
          ) : (
            !problem && <Skeleton height="1.25rem" />
          )}
        </li>
      </ul>
      {problem && <ErrorNote problem={problem} onRetry={reload} />}
      <p>{words.stays}</p>
      {endpoint.status !== 'paused' && <p class="dim">{words.instead}</p>}
      {mustType && (
        <Field label={words.confirm(host)}>
          {(control) => (
            <TextInput
              {...control}
              mono
              value={typed}
              onInput={setTyped}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && why === null) void act();
              }}
            />
          )}
        </Field>
      )}
    </AskDialog>
  );
}
