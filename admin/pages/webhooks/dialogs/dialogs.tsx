import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { BulkDialog } from '../../bulk/bulk-dialog.tsx';
import type { AskProps, DialogName } from './ask-props.ts';
import { DisableDialog } from './disable.tsx';
import { PauseDialog } from './pause.tsx';
import { PingDialog } from './ping.tsx';
import { RemoveDialog } from './remove.tsx';
import { ResumeDialog } from './resume.tsx';
import { RotateDialog } from './rotate.tsx';

export interface EndpointDialogProps extends AskProps {
  readonly name: DialogName;
  readonly catalog: CatalogView | undefined;
  readonly onDeleted: (id: string) => void;
}

/** The dialog of this name. */
export function EndpointDialog({ name, catalog, onDeleted, ...ask }: EndpointDialogProps) {
  const { endpoint, onClose } = ask;
  switch (name) {
    case 'ping':
      return <PingDialog endpoint={endpoint} onClose={onClose} />;
    case 'pause':
      return <PauseDialog {...ask} />;
    case 'resume':
      return <ResumeDialog {...ask} />;
    case 'redeliver':
      return (
        <BulkDialog
          endpoint={{ id: endpoint.id, url: endpoint.url, failingSince: endpoint.health.failingSince }}
          onClose={onClose}
        />
      );
    case 'rotate':
      return <RotateDialog {...ask} catalog={catalog} />;
    case 'disable':
      return <DisableDialog {...ask} />;
    case 'remove':
      return <RemoveDialog {...ask} onDeleted={onDeleted} />;
  }
}
