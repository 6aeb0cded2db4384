import { useState } from 'preact/hooks';
import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { webhookForm } from '../../../texts/webhook-form.ts';
import { Button } from '../../../ui/button.tsx';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { Field } from '../../../ui/field.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Text } from '../../../ui/text.tsx';
import { TextInput } from '../../../ui/text-input.tsx';
import { countOf, type EventChoice, type EventGroup, groupsOf, withAll, withEvents } from './event-choice.ts';
import { Section } from './section.tsx';

const texts = webhookForm.events;

export interface EventPickerProps {
  readonly catalog: CatalogView;
  readonly choice: EventChoice;
  readonly onChange: (choice: EventChoice) => void;
  readonly error: string | undefined;
}

/** So few are all seen at once: they need no search. */
const shortList = 16;

/** What it is subscribed to: everything, or events one by one or by their resource. While all are chosen the single ones rest, greyed. */
export function EventPicker({ catalog, choice, onChange, error }: EventPickerProps) {
  const [search, setSearch] = useState('');
  const groups = groupsOf(catalog, choice, search, texts.gone);
  const total = catalog.resources.reduce((sum, { events }) => sum + events.length, 0);
  const chosen = countOf(choice);
  const isShort = total <= shortList;
  return (
    <Section
      title={texts.section}
      aside={
        <span class="dim count" role="status">
          {choice.all ? texts.countAll : texts.count(chosen, total)}
        </span>
      }
    >
      <div class={error ? 'event-picker wrong' : 'event-picker'}>
        <div class="event-all">
          <Checkbox
            checked={choice.all}
            onChange={(all) => onChange(withAll(choice, all))}
            label={texts.all}
            hint={choice.all && chosen > 0 ? texts.resting(chosen) : texts.allHint}
          />
        </div>
        {!isShort && (
          <div class={choice.all || chosen === 0 ? 'event-search idle' : 'event-search'}>
            <Field label={texts.search} bare>
              {(control) => (
                <TextInput
                  {...control}
                  type="search"
                  value={search}
                  placeholder={texts.search}
                  disabled={choice.all}
                  onInput={setSearch}
                />
              )}
            </Field>
            <Button small kind="quiet" onClick={() => onChange({ ...choice, chosen: new Set() })}>
              {texts.clear}
            </Button>
          </div>
        )}
        <section
          class={isShort ? 'event-groups short' : 'event-groups'}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also while all in it is greyed
          tabIndex={0}
          aria-label={texts.section}
        >
          {groups.map((group) => (
            <Group key={group.resource} group={group} choice={choice} onChange={onChange} />
          ))}
          {groups.length === 0 && <p class="dim">{texts.none}</p>}
        </section>
        <div class="field-error" aria-live="polite">
          {error && (
            <>
              <Icon name="error" size={14} />
              <span>{error}</span>
            </>
          )}
        </div>
      </div>
    </Section>
  );
}

interface GroupProps {
  readonly group: EventGroup;
  readonly choice: EventChoice;
  readonly onChange: (choice: EventChoice) => void;
}

function Group({ group, choice, onChange }: GroupProps) {
  const { resource, shown, chosen, total, ticked } = group;
  return (
    <fieldset class="event-group" disabled={choice.all}>
      <legend class="unseen">{resource}</legend>
      <Checkbox
        checked={choice.all || ticked === 'all'}
        some={ticked === 'some'}
        disabled={choice.all}
        onChange={(on) => onChange(withEvents(choice, shown, on))}
        label={
          <span class="event-resource" title={texts.group(resource)}>
            <b>
              <Text>{resource}</Text>
            </b>
            <span class="dim">{texts.groupCount(choice.all ? total : chosen, total)}</span>
          </span>
        }
      />
      <div class="event-list">
        {shown.map((name) => (
          <Checkbox
            key={name}
            checked={choice.all || choice.chosen.has(name)}
            disabled={choice.all}
            onChange={(on) => onChange(withEvents(choice, [name], on))}
            label={<Text mono>{name}</Text>}
          />
        ))}
      </div>
    </fieldset>
  );
}
