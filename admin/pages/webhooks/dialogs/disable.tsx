import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import { api } from '../../../data/api.ts';
import { webhooks as texts } from '../../../texts/webhooks.ts';
import { Note } from '../../../ui/note.tsx';
import { toast } from '../../../ui/toast.tsx';
import { allHeld, isNone } from '../held.ts';
import { hostOf } from '../url-parts.ts';
import { useHeld } from '../use-held.ts';
import { useTask } from '../use-task.ts';
import { AskDialog } from './ask.tsx';
import type { AskProps } from './ask-props.ts';

const words = texts.disable;

/** Lets a webhook get nothing any more. */
export function DisableDialog({ endpoint, onClose, onChange }: AskProps) {
  const task = useTask();
  const { data } = useHeld(endpoint.id);
  const held = data && allHeld(data);
  const act = () =>
    task.run(async () => {
      onChange(await api.post<EndpointView>(`/endpoints/${endpoint.id}/disable`));
      onClose();
      toast(words.done, { kind: 'ok' });
    });
  return (
    <AskDialog
      endpoint={endpoint}
      title={words.title(hostOf(endpoint.url))}
      action={words.action}
      danger
      task={task}
      onAct={act}
      onClose={onClose}
    >
      <p>{words.words}</p>
      {held && !isNone(held) && <p>{words.held(held)}</p>}
      <Note>{words.instead}</Note>
    </AskDialog>
  );
}
