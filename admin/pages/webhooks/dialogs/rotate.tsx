import { useState } from 'preact/hooks';
import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { api } from '../../../data/api.ts';
import { webhooks as texts } from '../../../texts/webhooks.ts';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { Field } from '../../../ui/field.tsx';
import { Note } from '../../../ui/note.tsx';
import { Select } from '../../../ui/select.tsx';
import { TextInput } from '../../../ui/text-input.tsx';
import { toast } from '../../../ui/toast.tsx';
import { dialectOf } from '../form/draft.ts';
import { hostOf } from '../url-parts.ts';
import { useTask } from '../use-task.ts';
import { AskDialog } from './ask.tsx';
import type { AskProps } from './ask-props.ts';
import { SecretDialog } from './secret.tsx';

const words = texts.rotate;
type Overlap = (typeof words.overlaps)[number]['value'];

/** A new secret for a webhook, made here or brought along; the old one signs beside it for a while where the dialect has room for both. */
export function RotateDialog({
  endpoint,
  catalog,
  onClose,
  onChange,
}: AskProps & { catalog: CatalogView | undefined }) {
  const task = useTask();
  const [overlap, setOverlap] = useState<Overlap>('86400000');
  const [own, setOwn] = useState<string | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const dialect = catalog && dialectOf(catalog, endpoint.dialect);
  const overlaps = endpoint.hasSecret && dialect?.overlapsSecrets === true;
  const act = () =>
    task.run(async () => {
      const { endpoint: now, secret } = await api.post<{ endpoint: EndpointView; secret: string }>(
        `/endpoints/${endpoint.id}/rotate-secret`,
        { ...(own === null ? {} : { secret: own }), ...(overlaps ? { overlapMs: Number(overlap) } : {}) },
      );
      onChange(now);
      if (own === null) return setMade(secret);
      onClose();
      toast(words.done, { kind: 'ok' });
    });
  if (made !== null) return <SecretDialog secret={made} onClose={onClose} />;
  const host = hostOf(endpoint.url);
  return (
    <AskDialog
      endpoint={endpoint}
      title={endpoint.hasSecret ? words.title(host) : words.titleSet(host)}
      action={endpoint.hasSecret ? words.action : words.actionSet}
      danger={endpoint.hasSecret && (!overlaps || overlap === '0')}
      why={own === '' ? words.ownMissing : null}
      task={task}
      onAct={act}
      onClose={onClose}
    >
      <fieldset class="radios">
        <legend>{words.kind}</legend>
        <Checkbox
          type="radio"
          name="kind"
          checked={own === null}
          onChange={() => setOwn(null)}
          label={words.made}
        />
        <Checkbox
          type="radio"
          name="kind"
          checked={own !== null}
          onChange={() => setOwn('')}
          label={words.own}
        />
      </fieldset>
      {own !== null && (
        <Field label={words.ownLabel} required>
          {(control) => (
            <TextInput {...control} type="password" mono value={own} onInput={setOwn} autoFocus />
          )}
        </Field>
      )}
      {overlaps && (
        <Field label={words.overlap} hint={overlap === '0' ? words.endsAtOnce : words.overlapHint}>
          {(control) => (
            <Select {...control} value={overlap} options={words.overlaps} onChange={setOverlap} />
          )}
        </Field>
      )}
      {!endpoint.hasSecret && <Note>{words.firstSecret}</Note>}
      {endpoint.hasSecret && !overlaps && <Note tone="warn">{words.noOverlap}</Note>}
    </AskDialog>
  );
}
