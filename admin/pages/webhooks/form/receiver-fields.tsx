import type { ComponentChildren } from 'preact';
import { webhookForm as texts } from '../../../texts/webhook-form.ts';
import { Field } from '../../../ui/field.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Text } from '../../../ui/text.tsx';
import { TextInput } from '../../../ui/text-input.tsx';
import type { FormPart } from './form-state.ts';
import { Section } from './section.tsx';
import type { UrlState } from './url-check.ts';
import { useUrlCheck } from './use-url-check.ts';

/** Where it goes, and what it is for. */
export function ReceiverFields({ draft, change, error, isNew }: FormPart & { isNew: boolean }) {
  const state = useUrlCheck(draft.url, draft.dialect);
  return (
    <Section title={texts.url.section}>
      <Field
        label={texts.url.label}
        required
        error={error('url')}
        hint={error('url') ? undefined : <UrlHint state={state} />}
      >
        {(control) => (
          <TextInput
            {...control}
            type="url"
            inputMode="url"
            mono
            value={draft.url}
            placeholder={texts.url.placeholder}
            maxLength={2_000}
            autoFocus={isNew}
            onInput={(url) => change({ url })}
          />
        )}
      </Field>
      <Field label={texts.description.label} error={error('description')} hint={texts.description.hint}>
        {(control) => (
          <TextInput
            {...control}
            value={draft.description}
            maxLength={1_000}
            onInput={(description) => change({ description })}
          />
        )}
      </Field>
    </Section>
  );
}

/** Always two lines high at least, so that nothing below it moves while it is checked. */
function UrlHint({ state }: { state: UrlState }) {
  return (
    <span class="url-check" role="status">
      {wordsOf(state)}
    </span>
  );
}

const untold = {
  empty: texts.url.hint,
  typing: texts.url.hint,
  asking: texts.url.checking,
  unknown: texts.url.unknown,
};

function wordsOf(state: UrlState): ComponentChildren {
  if (state.kind !== 'told') return untold[state.kind];
  const { problem, warning, addresses } = state.checked;
  if (problem === null) {
    return warning === null ? (
      <span class="ok">
        <Icon name="check" size={14} /> {texts.url.good(addresses)}
      </span>
    ) : (
      <span class="warn">
        <Icon name="warning" size={14} /> <Text>{warning}</Text>
      </span>
    );
  }
  return (
    <span class="bad">
      <Icon name="error" size={14} /> <Text>{problem.message}</Text>
      {problem.fix !== null && (
        <>
          {' '}
          <Text>{problem.fix}</Text>
        </>
      )}
    </span>
  );
}
