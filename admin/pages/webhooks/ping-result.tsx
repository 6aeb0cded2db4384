import type { DeliveryDetailView } from '../../../src/admin/shapes/delivery.ts';
import type { EndpointView } from '../../../src/admin/shapes/endpoint.ts';
import { navigate, pathTo } from '../../routes.tsx';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Note, type NoteProps } from '../../ui/note.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { useDelivery } from './use-delivery.ts';

const words = texts.ping;

export interface PingResultProps {
  readonly endpoint: Pick<EndpointView, 'id' | 'status'>;
  /** Null: it is just being asked for. */
  readonly deliveryId: string | null;
  /** Somebody goes to the delivery. */
  readonly onOpen?: () => void;
}

/** How a ping goes, as it happens: on its way, arrived, or why not and when it is tried again. */
export function PingResult({ endpoint, deliveryId, onOpen }: PingResultProps) {
  const { data, problem, slow } = useDelivery(endpoint.id, deliveryId);
  if (problem && !data) return <ErrorNote problem={problem} />;
  const attempt = data?.attempts.at(-1);
  return (
    <div class="ping" role="status" aria-live="polite">
      <Note
        tone={toneOf(data)}
        actions={
          data &&
          attempt && (
            <Button
              small
              onClick={() => {
                onOpen?.();
                navigate(pathTo('webhookDelivery', { id: endpoint.id, deliveryId: data.id }));
              }}
            >
              {words.open}
            </Button>
          )
        }
      >
        <p>{data ? wordsOf(data, endpoint.status) : words.sending}</p>
        {slow && !attempt && endpoint.status !== 'paused' && <p class="dim">{words.slow}</p>}
        {attempt && attempt.verdict !== 'succeeded' && attempt.advice !== null && (
          <p>
            <Text>{attempt.advice}</Text>
          </p>
        )}
        {data?.state === 'waiting' && data.dueAt !== null && (
          <p class="dim">
            {words.retry}: <Time at={data.dueAt} />
          </p>
        )}
      </Note>
    </div>
  );
}

function toneOf(data: DeliveryDetailView | undefined): NoteProps['tone'] {
  const verdict = data?.attempts.at(-1)?.verdict;
  if (verdict === undefined) return 'info';
  if (verdict === 'succeeded') return 'ok';
  return verdict === 'retry' ? 'warn' : 'bad';
}

function wordsOf({ attempts, state }: DeliveryDetailView, status: EndpointView['status']): string {
  const attempt = attempts.at(-1);
  if (attempt === undefined) {
    if (state === 'dropped') return words.dropped;
    return status === 'paused' ? words.held : words.sending;
  }
  return attempt.verdict === 'succeeded'
    ? words.delivered(attempt.status, attempt.durationMs)
    : words.failed(attempt.because);
}
