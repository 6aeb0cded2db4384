import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { webhookForm } from '../../../texts/webhook-form.ts';
import { Field } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import { TextInput } from '../../../ui/text-input.tsx';
import { type HiddenDraft, prefixMark } from './draft.ts';
import type { FormPart } from './form-state.ts';

const texts = webhookForm.advanced;

export interface AdvancedProps extends FormPart {
  readonly catalog: CatalogView;
  /** Undefined: it is being created. */
  readonly endpoint: EndpointView | undefined;
}

/** What few need: how it looks on the wire, and by which way it goes. */
export function AdvancedFields(part: AdvancedProps) {
  const { draft, change, error, endpoint } = part;
  const { clientCertificate, ca, proxy } = draft;
  return (
    <details class="form-section advanced">
      <summary>
        <h2>{texts.section}</h2> <span class="dim">{texts.hint}</span>
      </summary>
      <DialectFields {...part} />
      <Hidden
        label={texts.clientCertificate.label}
        draft={clientCertificate}
        shown={endpoint?.clientCertificate && certificateText(endpoint.clientCertificate)}
        error={
          clientCertificate.kind === 'new' ? undefined : (error('clientCertificate') ?? error('clientKey'))
        }
        onKind={(kind) => change({ clientCertificate: { ...clientCertificate, kind } })}
      />
      {clientCertificate.kind === 'new' && (
        <>
          <Pem
            label={texts.clientCertificate.text}
            value={clientCertificate.text}
            error={error('clientCertificate')}
            onInput={(text) => change({ clientCertificate: { ...clientCertificate, text } })}
          />
          <Pem
            label={texts.clientCertificate.key}
            value={clientCertificate.keyText}
            error={error('clientKey')}
            onInput={(keyText) => change({ clientCertificate: { ...clientCertificate, keyText } })}
          />
        </>
      )}
      <Hidden
        label={texts.ca.label}
        none={texts.ca.none}
        draft={ca}
        shown={endpoint?.ca?.map(certificateText).join('; ')}
        error={ca.kind === 'new' ? undefined : error('ca')}
        onKind={(kind) => change({ ca: { ...ca, kind } })}
      />
      {ca.kind === 'new' && (
        <Pem
          label={texts.ca.text}
          value={ca.text}
          error={error('ca')}
          onInput={(text) => change({ ca: { ...ca, text } })}
        />
      )}
      <Hidden
        label={texts.proxy.label}
        draft={proxy}
        shown={endpoint?.proxy === 'sealed' ? texts.sealed : endpoint?.proxy}
        error={proxy.kind === 'new' ? undefined : error('proxy')}
        onKind={(kind) => change({ proxy: { ...proxy, kind } })}
      />
      {proxy.kind === 'new' && (
        <Field label={texts.proxy.text} hint={texts.proxy.hint} error={error('proxy')} required>
          {(control) => (
            <TextInput
              {...control}
              mono
              value={proxy.text}
              onInput={(text) => change({ proxy: { ...proxy, text } })}
            />
          )}
        </Field>
      )}
    </details>
  );
}

function DialectFields({ draft: { dialect }, change, error, catalog }: AdvancedProps) {
  const isOwn = dialect.startsWith(prefixMark) && !catalog.dialects.some(({ name }) => name === dialect);
  const words = texts.dialect;
  const prefix = dialect.slice(prefixMark.length);
  return (
    <>
      <Field label={words.label} hint={words.hint} error={isOwn ? undefined : error('dialect')}>
        {(control) => (
          <Select
            {...control}
            value={isOwn ? prefixMark : dialect}
            options={[
              { value: '', label: words.byDefault(catalog.dialect) },
              ...catalog.dialects.map(({ name }) => ({ value: name, label: name })),
              { value: prefixMark, label: words.own },
            ]}
            onChange={(name) => change({ dialect: name })}
          />
        )}
      </Field>
      {isOwn && (
        <Field
          label={words.prefix}
          hint={words.prefixHint(prefix.split(' ')[0] || '…')}
          error={error('dialect')}
          required
        >
          {(control) => (
            <TextInput
              {...control}
              mono
              value={prefix}
              placeholder="Acme"
              onInput={(text) => change({ dialect: prefixMark + text })}
            />
          )}
        </Field>
      )}
    </>
  );
}

interface HiddenProps {
  readonly label: string;
  readonly none?: string;
  readonly draft: HiddenDraft;
  /** What can be shown of what it has; nothing: it has none. */
  readonly shown: string | null | undefined;
  readonly error: string | undefined;
  readonly onKind: (kind: HiddenDraft['kind']) => void;
}

/** Something that is never shown whole: kept, taken away, or replaced. */
function Hidden({ label, none = texts.none, draft, shown, error, onKind }: HiddenProps) {
  return (
    <Field label={label} error={error}>
      {(control) => (
        <Select
          {...control}
          value={draft.kind}
          options={[
            ...(shown ? [{ value: 'keep' as const, label: texts.keep(shown) }] : []),
            { value: 'none' as const, label: none },
            { value: 'new' as const, label: shown ? texts.replace : texts.set },
          ]}
          onChange={onKind}
        />
      )}
    </Field>
  );
}

interface PemProps {
  readonly label: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onInput: (text: string) => void;
}

function Pem({ label, value, error, onInput }: PemProps) {
  return (
    <Field label={label} error={error} required>
      {(control) => (
        <TextInput {...control} mono rows={5} value={value} placeholder="-----BEGIN …" onInput={onInput} />
      )}
    </Field>
  );
}

const certificateText = ({ subject, validUntil }: { subject: string; validUntil: string }): string =>
  `${subject}, ${texts.until(validUntil.slice(0, 10))}`;
