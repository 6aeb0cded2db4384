import type { EndpointView } from '../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { EditForm } from './form/edit-form.tsx';
import { Signing } from './signing.tsx';

export interface SettingsTabProps {
  readonly endpoint: EndpointView;
  readonly catalog: CatalogView;
  readonly onSaved: (endpoint: EndpointView) => void;
  readonly onRotate: () => void;
}

/** What a webhook is to be, and how its receivers verify it. */
export function SettingsTab({ endpoint, catalog, onSaved, onRotate }: SettingsTabProps) {
  return (
    <div class="settings">
      <EditForm key={endpoint.id} endpoint={endpoint} catalog={catalog} onSaved={onSaved} />
      <aside class="settings-aside">
        <Signing endpoint={endpoint} catalog={catalog} onRotate={onRotate} />
      </aside>
    </div>
  );
}
