import { useState } from 'preact/hooks';
import { filters as texts } from '../../texts/deliveries.ts';
import { Field } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { spans } from './filters.ts';

export interface TimeFilterProps {
  since: string | undefined;
  until: string | undefined;
  onChange: (since: string | undefined, until: string | undefined) => void;
}

const between = 'between';

/** The last hour, day or week; or between two moments in the viewer's zone. */
export function TimeFilter({ since, until, onChange }: TimeFilterProps) {
  const isSpan = since !== undefined && since in texts.spans && until === undefined;
  const [types, setTypes] = useState(false);
  const isBetween = types || (!isSpan && (since !== undefined || until !== undefined));
  return (
    <>
      <Field label={texts.time} bare>
        {(control) => (
          <Select
            {...control}
            value={isBetween ? between : (since ?? '')}
            options={[
              { value: '', label: texts.anyTime },
              ...Object.entries(texts.spans).map(([value, label]) => ({ value, label: label as string })),
              { value: between, label: texts.between },
            ]}
            onChange={(choice) => {
              setTypes(choice === between);
              // What was chosen stays as the beginning, so that one goes on from there.
              if (choice === between) onChange(momentOf(since), until);
              else onChange(choice, undefined);
            }}
          />
        )}
      </Field>
      {isBetween && (
        <>
          <Moment name={texts.from} value={since} onChange={(value) => onChange(value, until)} />
          <Moment name={texts.to} value={until} onChange={(value) => onChange(momentOf(since), value)} />
        </>
      )}
    </>
  );
}

function Moment({
  name,
  value,
  onChange,
}: {
  name: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  return (
    <div class="filter-moment">
      <span aria-hidden="true">{name}</span>
      <Field label={name} bare>
        {(control) => (
          <TextInput
            {...control}
            type="datetime-local"
            step={1}
            aria-label={name}
            value={localOf(value)}
            onInput={(text) => onChange(text === '' ? undefined : new Date(text).toISOString())}
          />
        )}
      </Field>
    </div>
  );
}

const momentOf = (text: string | undefined): string | undefined => {
  const span = text === undefined ? undefined : spans[text];
  return span === undefined ? text : new Date(Date.now() - span).toISOString();
};

/** As the browser's own field has it: in the viewer's zone, without saying so. */
function localOf(value: string | undefined): string {
  const moment = momentOf(value);
  if (moment === undefined) return '';
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
