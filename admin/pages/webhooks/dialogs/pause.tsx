import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import { api } from '../../../data/api.ts';
import { webhooks as texts } from '../../../texts/webhooks.ts';
import { toast } from '../../../ui/toast.tsx';
import { hostOf } from '../url-parts.ts';
import { useTask } from '../use-task.ts';
import { AskDialog } from './ask.tsx';
import type { AskProps } from './ask-props.ts';

const words = texts.pause;

/** Holds what a webhook is to get. */
export function PauseDialog({ endpoint, onClose, onChange, onOpen }: AskProps) {
  const task = useTask();
  const act = () =>
    task.run(async () => {
      const now = await api.post<EndpointView>(`/endpoints/${endpoint.id}/pause`);
      onChange(now);
      onClose();
      toast(words.done, { kind: 'ok', action: { label: words.undo, run: () => onOpen('resume') } });
    });
  return (
    <AskDialog
      endpoint={endpoint}
      title={words.title(hostOf(endpoint.url))}
      action={words.action}
      task={task}
      onAct={act}
      onClose={onClose}
    >
      <p>{words.words}</p>
      <p class="dim">{words.inHand}</p>
    </AskDialog>
  );
}
