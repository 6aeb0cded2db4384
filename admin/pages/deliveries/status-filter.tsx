import { useState } from 'preact/hooks';
import { filters as texts } from '../../texts/deliveries.ts';
import { Field } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { isStatus } from './filters.ts';

export interface StatusFilterProps {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

const common = ['2xx', '3xx', '4xx', '5xx', 'none'] as const;
const typedChoice = 'code';

/** The answer of the latest attempt: a class of status codes, none at all, or a code that is typed. */
export function StatusFilter({ value, onChange }: StatusFilterProps) {
  const isCode = value !== undefined && !common.some((name) => name === value);
  const [types, setTypes] = useState(false);
  const [typed, setTyped] = useState(isCode ? value : '');
  const shown = isCode || types ? typedChoice : (value ?? '');
  return (
    <>
      <Field label={texts.status} bare>
        {(control) => (
          <Select
            {...control}
            value={shown}
            options={[
              { value: '', label: texts.anyStatus },
              ...common.map((name) => ({ value: name as string, label: texts.statusOptions[name] })),
              { value: typedChoice, label: texts.statusCode },
            ]}
            onChange={(choice) => {
              setTypes(choice === typedChoice);
              setTyped('');
              if (choice !== typedChoice) onChange(choice);
              else onChange(undefined);
            }}
          />
        )}
      </Field>
      {shown === typedChoice && (
        <div class="filter-code">
          <Field label={texts.statusCodeName} bare>
            {(control) => (
              <TextInput
                {...control}
                inputMode="numeric"
                maxLength={3}
                autoFocus={types}
                placeholder="404"
                value={typed}
                onInput={(text) => {
                  setTyped(text);
                  setTypes(true);
                  if (text === '' || isStatus(text)) onChange(text);
                }}
              />
            )}
          </Field>
        </div>
      )}
    </>
  );
}
