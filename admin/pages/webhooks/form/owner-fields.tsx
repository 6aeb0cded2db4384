import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { webhookForm } from '../../../texts/webhook-form.ts';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { Field } from '../../../ui/field.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { TextInput } from '../../../ui/text-input.tsx';
import { dialectOf } from './draft.ts';
import type { FormPart } from './form-state.ts';
import { Section } from './section.tsx';

/** Whose events a new webhook gets. Nothing is chosen beforehand: all tenants is nothing to come by accident. */
export function TenantFields({ draft: { tenant }, change, error }: FormPart) {
  const texts = webhookForm.tenant;
  const choose = (kind: 'one' | 'all') => () => change({ tenant: { ...tenant, kind } });
  const wrong = error('tenant');
  return (
    <Section title={texts.section}>
      <fieldset class={wrong && tenant.kind !== 'one' ? 'radios wrong' : 'radios'}>
        <legend>{texts.label}</legend>
        <Checkbox
          type="radio"
          name="tenant"
          checked={tenant.kind === 'one'}
          onChange={choose('one')}
          label={texts.one}
          hint={texts.oneHint}
        />
        {tenant.kind === 'one' && (
          <Field label={texts.id} required error={wrong}>
            {(control) => (
              <TextInput
                {...control}
                mono
                autoFocus
                value={tenant.id}
                onInput={(id) => change({ tenant: { kind: 'one', id } })}
              />
            )}
          </Field>
        )}
        <Checkbox
          type="radio"
          name="tenant"
          checked={tenant.kind === 'all'}
          onChange={choose('all')}
          label={texts.all}
          hint={texts.allHint}
        />
        {tenant.kind !== 'one' && <FieldError text={wrong} />}
      </fieldset>
    </Section>
  );
}

/** What a new webhook's deliveries are signed with. */
export function SecretFields({ draft, change, error, catalog }: FormPart & { catalog: CatalogView }) {
  const texts = webhookForm.secret;
  const { secret } = draft;
  const { requiresSecret, overlapsSecrets } = dialectOf(catalog, draft.dialect);
  const choose = (kind: typeof secret.kind) => () => change({ secret: { ...secret, kind } });
  const wrong = error('secret');
  return (
    <Section title={texts.section}>
      <fieldset class="radios">
        <legend class="unseen">{texts.section}</legend>
        <Checkbox
          type="radio"
          name="secret"
          checked={secret.kind === 'made'}
          onChange={choose('made')}
          label={texts.made}
          hint={texts.madeHint}
        />
        <Checkbox
          type="radio"
          name="secret"
          checked={secret.kind === 'own'}
          onChange={choose('own')}
          label={texts.own}
        />
        {secret.kind === 'own' && (
          <Field
            label={texts.ownLabel}
            required
            error={wrong}
            hint={overlapsSecrets ? texts.ownHint.standard : texts.ownHint.header}
          >
            {(control) => (
              <TextInput
                {...control}
                type="password"
                mono
                autoFocus
                value={secret.text}
                maxLength={1_000}
                onInput={(text) => change({ secret: { kind: 'own', text } })}
              />
            )}
          </Field>
        )}
        <Checkbox
          type="radio"
          name="secret"
          checked={secret.kind === 'none'}
          disabled={requiresSecret}
          onChange={choose('none')}
          label={texts.none}
          hint={requiresSecret ? texts.noneWhy : texts.noneHint}
        />
        {secret.kind !== 'own' && <FieldError text={wrong} />}
      </fieldset>
    </Section>
  );
}

/** What is wrong with a group of controls. */
export function FieldError({ text }: { text: string | undefined }) {
  return (
    <div class="field-error" aria-live="polite">
      {text && (
        <>
          <Icon name="error" size={14} />
          <span>{text}</span>
        </>
      )}
    </div>
  );
}
