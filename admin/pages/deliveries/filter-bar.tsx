import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { api } from '../../data/api.ts';
import { useLoad } from '../../data/use-load.ts';
import { filters as texts } from '../../texts/deliveries.ts';
import { states } from '../../texts/states.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { Field } from '../../ui/field.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Select } from '../../ui/select.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { shortName } from './endpoint-name.tsx';
import { loadEndpoints, someEndpoints } from './endpoint-names.ts';
import { type FilterName, type Filters, withFilter } from './filters.ts';
import { StatusFilter } from './status-filter.tsx';
import { TimeFilter } from './time-filter.tsx';

export interface FilterBarProps {
  filters: Filters;
  /** What the list is of: the deliveries of one webhook, of all, or events. */
  of: 'webhook' | 'deliveries' | 'events';
  onChange: (filters: Filters) => void;
}

const deliveryStates = ['due', 'behind', 'sending', 'waiting', 'succeeded', 'exhausted', 'dropped'] as const;

/** What a list is narrowed to. Each change goes into the address at once; where there is little room, behind a button. */
export function FilterBar({ filters, of, onChange }: FilterBarProps) {
  const [isOpen, setOpen] = useState(false);
  const catalog = useLoad('catalog', (signal) => api.get<CatalogView>('/catalog', {}, { signal })).data;
  const eventList = useId();
  const set = (name: FilterName) => (value: string | undefined) => onChange(withFilter(filters, name, value));
  const count = Object.keys(filters).length;
  useEffect(() => {
    if (of === 'deliveries') void loadEndpoints();
  }, [of]);
  return (
    <search class={`filters${isOpen ? ' open' : ''}`} aria-label={texts.name}>
      <div class="filters-head">
        <Button small icon="filter" expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {texts.count(count)}
        </Button>
      </div>
      <div class="filters-row">
        <TypedFilter
          name={texts.event}
          hint={texts.anyEvent}
          value={filters.event}
          list={eventList}
          onChange={set('event')}
        />
        <datalist id={eventList}>
          {catalog?.resources
            .flatMap(({ events }) => events)
            .map((name) => (
              <option key={name} value={name} />
            ))}
        </datalist>
        <TypedFilter
          name={texts.record}
          hint={texts.anyRecord}
          value={filters.record}
          mono
          onChange={set('record')}
        />
        {of === 'deliveries' && <WebhookFilter value={filters.endpoint} onChange={set('endpoint')} />}
        {of !== 'events' && (
          <>
            <Field label={texts.state} bare>
              {(control) => (
                <Select
                  {...control}
                  value={filters.state ?? ''}
                  options={[
                    { value: '', label: texts.anyState },
                    ...deliveryStates.map((state) => ({ value: state as string, label: states[state].word })),
                  ]}
                  onChange={set('state')}
                />
              )}
            </Field>
            <StatusFilter value={filters.status} onChange={set('status')} />
          </>
        )}
        <TimeFilter
          since={filters.since}
          until={filters.until}
          onChange={(since, until) =>
            onChange(withFilter(withFilter(filters, 'since', since), 'until', until))
          }
        />
        <TypedFilter
          name={texts.text}
          hint={texts.anyText}
          value={filters.text}
          mono
          onChange={set('text')}
        />
        {of === 'events' && (
          <Checkbox
            label={texts.undelivered}
            checked={filters.undelivered === 'true'}
            onChange={(checked) => set('undelivered')(checked ? 'true' : undefined)}
          />
        )}
        <IconButton
          icon="close"
          label={texts.clear}
          class={count > 0 ? 'clear' : 'clear off'}
          onClick={() => onChange({})}
        />
      </div>
    </search>
  );
}

function WebhookFilter({
  value = '',
  onChange,
}: {
  value: string | undefined;
  onChange: (value: string) => void;
}) {
  const known = someEndpoints.value.map((one) => ({ value: one.id, label: shortName(one).slice(0, 80) }));
  const isKnown = value === '' || known.some((one) => one.value === value);
  return (
    <Field label={texts.webhook} bare>
      {(control) => (
        <Select
          {...control}
          value={value}
          options={[
            { value: '', label: texts.anyWebhook },
            ...(isKnown ? [] : [{ value, label: `#${value}` }]),
            ...known,
          ]}
          onChange={onChange}
        />
      )}
    </Field>
  );
}

export interface TypedFilterProps {
  name: string;
  hint: string;
  value: string | undefined;
  onChange: (value: string) => void;
  /** The id of a list of proposals. */
  list?: string | undefined;
  mono?: boolean | undefined;
}

const pauseMs = 350;

/** A text that is looked for once the typing pauses. */
function TypedFilter({ name, hint, value = '', onChange, list, mono }: TypedFilterProps) {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  // Set from elsewhere: the back button, "clear".
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed.trim() === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed.trim();
      latest.current(typed.trim());
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <Field label={name} bare>
      {(control) => (
        <TextInput
          {...control}
          type="search"
          list={list}
          mono={mono}
          placeholder={hint}
          value={typed}
          onInput={setTyped}
        />
      )}
    </Field>
  );
}
