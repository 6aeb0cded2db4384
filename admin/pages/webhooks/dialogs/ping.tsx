import { useEffect, useRef, useState } from 'preact/hooks';
import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import { api } from '../../../data/api.ts';
import { webhooks as texts } from '../../../texts/webhooks.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { PingResult } from '../ping-result.tsx';
import { hostOf } from '../url-parts.ts';
import { useTask } from '../use-task.ts';
import { Whom } from './whom.tsx';

const words = texts.ping;

/** Sends a ping at once, and shows how it goes. */
export function PingDialog({ endpoint, onClose }: { endpoint: EndpointView; onClose: () => void }) {
  const task = useTask();
  const [deliveryId, setDeliveryId] = useState<string | null>(null);
  const send = () =>
    void task.run(async () => {
      setDeliveryId(null);
      setDeliveryId((await api.post<{ deliveryId: string }>(`/endpoints/${endpoint.id}/ping`)).deliveryId);
    });
  const begin = useRef(send);
  useEffect(() => begin.current(), []);
  return (
    <Dialog
      title={words.title(hostOf(endpoint.url))}
      onClose={onClose}
      footer={
        <>
          <Button busy={task.busy} onClick={send}>
            {words.again}
          </Button>
          <Button kind="primary" onClick={onClose}>
            {words.close}
          </Button>
        </>
      }
    >
      <Whom endpoint={endpoint} />
      {task.problem ? (
        <ErrorNote problem={task.problem} onRetry={send} />
      ) : (
        <PingResult endpoint={endpoint} deliveryId={deliveryId} onOpen={onClose} />
      )}
    </Dialog>
  );
}
