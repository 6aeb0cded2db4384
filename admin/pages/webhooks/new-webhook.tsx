import { useState } from 'preact/hooks';
import type { EndpointCreatedView } from '../../../src/admin/shapes/endpoint.ts';
import { Link, pathTo } from '../../routes.tsx';
import { webhookForm } from '../../texts/webhook-form.ts';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Created } from './created.tsx';
import { CreateForm } from './form/create-form.tsx';
import { useCatalog } from './use-catalog.ts';

/** Makes a webhook; then shows its secret, this one time, and how the ping goes. */
export function NewWebhookPage() {
  const { data: catalog, problem, reload } = useCatalog();
  const [made, setMade] = useState<EndpointCreatedView & { ownSecret: boolean }>();
  return (
    <Page
      title={made ? texts.created.title : webhookForm.titleNew}
      above={<Link to={pathTo('webhooks')}>{texts.page.back}</Link>}
    >
      {problem && <ErrorNote problem={problem} onRetry={reload} />}
      {!catalog && !problem && <Skeleton height="40rem" />}
      {catalog &&
        (made ? (
          <Created made={made} catalog={catalog} />
        ) : (
          <CreateForm catalog={catalog} onCreated={setMade} />
        ))}
    </Page>
  );
}
