import { useEffect, useRef, useState } from 'preact/hooks';
import { navigate, pathTo } from '../../routes.tsx';
import { shell } from '../../texts/shell.ts';
import { states } from '../../texts/states.ts';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { useHotkeys } from '../../ui/hotkeys.ts';
import { Select } from '../../ui/select.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import type { ListFilter, WebhookList } from './use-webhook-list.ts';

const words = texts.list;
/** So long nobody types before it is searched. */
const quietMs = 250;
const statuses = ['active', 'failing', 'paused', 'disabled'] as const;

/** Search and state; both stand in the address, so that a view can be sent to somebody. */
export function WebhookFilter({ filter, list }: { filter: ListFilter; list: WebhookList }) {
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const [typed, setTyped] = useState(filter.search);
  const told = useRef(filter.search);
  if (told.current !== filter.search) {
    // Changed from elsewhere: the browser's buttons, "show all".
    told.current = filter.search;
    setTyped(filter.search);
  }
  const show = (next: ListFilter) => {
    told.current = next.search;
    navigate(pathTo('webhooks', {}, { ...next }), { replace: true });
  };
  useEffect(() => {
    if (typed === told.current) return;
    const timer = setTimeout(() => show({ ...filter, search: typed }), quietMs);
    return () => clearTimeout(timer);
  });
  useHotkeys([{ keys: '/', words: shell.keys.search, run: () => input.current?.focus() }]);
  return (
    <search class="webhook-filter">
      <Field label={words.search} bare>
        {(control) => (
          <TextInput
            {...control}
            type="search"
            value={typed}
            onInput={setTyped}
            placeholder={words.searchHint}
            inputRef={input}
          />
        )}
      </Field>
      <Field label={words.states} bare>
        {(control) => (
          <Select
            {...control}
            value={filter.status}
            options={[
              { value: '', label: words.anyState },
              ...statuses.map((value) => ({ value, label: states[value].word })),
            ]}
            onChange={(status) => show({ ...filter, search: typed, status })}
          />
        )}
      </Field>
      <span class="webhook-total dim" role="status">
        {list.first ? '' : words.total(list.total)}
      </span>
      {list.outdated && (
        <Button small icon="repeat" onClick={list.reload}>
          {words.refresh}
        </Button>
      )}
    </search>
  );
}
