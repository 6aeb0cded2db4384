import { webhookForm } from '../../../texts/webhook-form.ts';
import { Button } from '../../../ui/button.tsx';
import { Field } from '../../../ui/field.tsx';
import { IconButton } from '../../../ui/icon-button.tsx';
import { Note } from '../../../ui/note.tsx';
import { TextInput } from '../../../ui/text-input.tsx';
import type { HeaderDraft } from './draft.ts';
import type { FormPart } from './form-state.ts';
import { FieldError } from './owner-fields.tsx';
import { Section } from './section.tsx';

const texts = webhookForm.headers;

/** Headers of its own: names are shown, values only while they are entered. */
export function HeaderFields({ draft: { headers }, change, error }: FormPart) {
  if (headers === 'sealed') {
    return (
      <Section title={texts.section}>
        <Note actions={<Button onClick={() => change({ headers: [] })}>{texts.replaceAll}</Button>}>
          {texts.sealed}
        </Note>
      </Section>
    );
  }
  const put = (key: number, part: Partial<HeaderDraft>) =>
    change({ headers: headers.map((each) => (each.key === key ? { ...each, ...part } : each)) });
  const add = () =>
    change({
      headers: [...headers, { key: 1 + Math.max(-1, ...headers.map(({ key }) => key)), name: '', value: '' }],
    });
  const wrong = error('headers');
  return (
    <Section title={texts.section}>
      <p class="hint">{texts.hint}</p>
      <div class={wrong ? 'header-fields wrong' : 'header-fields'}>
        {headers.map((header, index) => (
          <HeaderRow
            key={header.key}
            header={header}
            index={index}
            onChange={(part) => put(header.key, part)}
            onRemove={() => change({ headers: headers.filter(({ key }) => key !== header.key) })}
          />
        ))}
        <FieldError text={wrong} />
        <Button small icon="plus" onClick={add}>
          {texts.add}
        </Button>
      </div>
    </Section>
  );
}

interface HeaderRowProps {
  readonly header: HeaderDraft;
  readonly index: number;
  readonly onChange: (part: Partial<HeaderDraft>) => void;
  readonly onRemove: () => void;
}

function HeaderRow({ header: { name, value }, index, onChange, onRemove }: HeaderRowProps) {
  return (
    <fieldset class="header-row">
      <legend class="unseen">{texts.row(index)}</legend>
      <Field label={texts.name} bare>
        {(control) => (
          <TextInput
            {...control}
            mono
            autoFocus={name === '' && value === ''}
            value={name}
            // The value that it has belongs to this name.
            readOnly={value === null}
            placeholder={texts.name}
            onInput={(text) => onChange({ name: text })}
          />
        )}
      </Field>
      {value === null ? (
        <span class="header-kept">
          <span class="dim">{texts.kept}</span>
          <Button small kind="quiet" onClick={() => onChange({ value: '' })}>
            {texts.replace}
          </Button>
        </span>
      ) : (
        <Field label={texts.value} bare>
          {(control) => (
            <TextInput
              {...control}
              mono
              value={value}
              placeholder={texts.value}
              onInput={(text) => onChange({ value: text })}
            />
          )}
        </Field>
      )}
      <IconButton icon="trash" label={texts.remove(name)} onClick={onRemove} />
    </fieldset>
  );
}
