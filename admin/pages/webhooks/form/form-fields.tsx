import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { AdvancedFields } from './advanced-fields.tsx';
import { EventPicker } from './event-picker.tsx';
import type { FormPart } from './form-state.ts';
import { HeaderFields } from './header-fields.tsx';
import { LimitFields } from './limit-fields.tsx';
import { SecretFields, TenantFields } from './owner-fields.tsx';
import { ReceiverFields } from './receiver-fields.tsx';

export interface FormFieldsProps extends FormPart {
  readonly catalog: CatalogView;
  /** Undefined: it is being created. */
  readonly endpoint: EndpointView | undefined;
}

/** All fields of a webhook: what everybody needs first. */
export function FormFields({ catalog, endpoint, ...part }: FormFieldsProps) {
  const isNew = endpoint === undefined;
  return (
    <>
      <ReceiverFields {...part} isNew={isNew} />
      <EventPicker
        catalog={catalog}
        choice={part.draft.events}
        onChange={(events) => part.change({ events })}
        error={part.error('events')}
      />
      {isNew && catalog.hasTenants && <TenantFields {...part} />}
      {isNew && <SecretFields {...part} catalog={catalog} />}
      <LimitFields {...part} catalog={catalog} />
      <HeaderFields {...part} />
      <AdvancedFields {...part} catalog={catalog} endpoint={endpoint} />
    </>
  );
}
