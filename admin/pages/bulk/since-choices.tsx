import { bulkWords as words } from '../../texts/bulk.ts';
import { Checkbox } from '../../ui/checkbox.tsx';
import { Field } from '../../ui/field.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { Time } from '../../ui/time.tsx';
import type { SinceChoice, Span, SpanInput } from './span.ts';

export interface SinceChoicesProps {
  input: SpanInput;
  span: Span | 'from_missing' | 'order_wrong';
  failingSince: string | null;
  onChange: (input: SpanInput) => void;
}

/** Since when: the usual ones, since it began to fail, or exactly. */
export function SinceChoices({ input, span, failingSince, onChange }: SinceChoicesProps) {
  const choices: SinceChoice[] = [
    ...(failingSince ? (['failing'] as const) : []),
    'hour',
    'day',
    'week',
    'exact',
  ];
  return (
    <fieldset class="since">
      <legend>{words.since}</legend>
      {choices.map((choice) => (
        <Checkbox
          key={choice}
          type="radio"
          name="since"
          checked={input.choice === choice}
          label={words.choices[choice]}
          hint={choice === 'failing' && <Time at={failingSince} form="exact" />}
          onChange={() => onChange({ ...input, choice })}
        />
      ))}
      {input.choice === 'exact' && (
        <div class="since-exact">
          <Field label={words.from} error={span === 'from_missing' && words.fromMissing} required>
            {(control) => (
              <TextInput
                {...control}
                type="datetime-local"
                value={input.from}
                onInput={(from) => onChange({ ...input, from })}
              />
            )}
          </Field>
          <Field
            label={words.until}
            hint={words.untilHint}
            error={span === 'order_wrong' && words.orderWrong}
          >
            {(control) => (
              <TextInput
                {...control}
                type="datetime-local"
                value={input.until}
                onInput={(until) => onChange({ ...input, until })}
              />
            )}
          </Field>
        </div>
      )}
    </fieldset>
  );
}
