import { useEffect, useState } from 'preact/hooks';
import type { EndpointCreatedView } from '../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { navigate, pathTo } from '../../routes.tsx';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { Note } from '../../ui/note.tsx';
import { Text } from '../../ui/text.tsx';
import { PingResult } from './ping-result.tsx';
import { SecretOnce } from './secret-once.tsx';
import { Verifying } from './signing.tsx';
import { useLeaveGuard } from './use-leave-guard.ts';

const words = texts.created;

export interface CreatedProps {
  readonly made: EndpointCreatedView & { readonly ownSecret: boolean };
  readonly catalog: CatalogView;
}

/** What somebody needs who has just made a webhook: its secret, and whether it works. */
export function Created({ made: { endpoint, secret, pingId, ownSecret }, catalog }: CreatedProps) {
  const [done, setDone] = useState(false);
  useLeaveGuard(secret !== null && !done, {
    title: words.leaveTitle,
    words: words.leaveWords,
    action: words.leave,
  });
  useEffect(() => {
    if (done) navigate(pathTo('webhook', { id: endpoint.id }), { replace: true });
  }, [done, endpoint.id]);
  return (
    <div class="created">
      <p class="created-url">
        <Text mono>{endpoint.url}</Text>
      </p>
      <section class="form-section">
        <h2>{words.secretTitle}</h2>
        {secret !== null && <SecretOnce secret={secret} />}
        {secret === null && (
          <Note tone={ownSecret ? 'info' : 'warn'}>{ownSecret ? words.ownSecret : words.unsigned}</Note>
        )}
        {endpoint.hasSecret && (
          <details>
            <summary>{words.verify}</summary>
            <Verifying endpoint={endpoint} catalog={catalog} />
          </details>
        )}
      </section>
      <section class="form-section">
        <h2>{pingId === null ? words.noPingTitle : words.pingTitle}</h2>
        {pingId === null ? (
          <Note>{words.noPing}</Note>
        ) : (
          <PingResult endpoint={endpoint} deliveryId={pingId} />
        )}
      </section>
      <div class="actions">
        <Button kind="primary" onClick={() => setDone(true)}>
          {secret === null ? words.done : words.doneStored}
        </Button>
      </div>
    </div>
  );
}
