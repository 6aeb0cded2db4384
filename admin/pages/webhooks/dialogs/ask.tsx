import type { ComponentChildren } from 'preact';
import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import { shell } from '../../../texts/shell.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorNote } from '../../../ui/error-note.tsx';
import type { Task } from '../use-task.ts';
import { Whom } from './whom.tsx';

export interface AskDialogProps {
  readonly title: string;
  readonly endpoint: EndpointView;
  readonly children: ComponentChildren;
  readonly action: string;
  readonly danger?: boolean;
  /** Why it cannot be done yet. */
  readonly why?: string | null;
  readonly task: Task;
  readonly onAct: () => void;
  readonly onClose: () => void;
}

/** A question with one way to do it and one not to. What went wrong stands in it, and it may be tried again. */
export function AskDialog({
  title,
  endpoint,
  children,
  action,
  danger = false,
  why,
  task,
  onAct,
  onClose,
}: AskDialogProps) {
  return (
    <Dialog
      title={title}
      onClose={() => !task.busy && onClose()}
      footer={
        <>
          <Button onClick={onClose}>{shell.cancel}</Button>
          <Button kind={danger ? 'danger' : 'primary'} operator busy={task.busy} why={why} onClick={onAct}>
            {action}
          </Button>
        </>
      }
    >
      <Whom endpoint={endpoint} />
      {children}
      {task.problem && <ErrorNote problem={task.problem} />}
    </Dialog>
  );
}
