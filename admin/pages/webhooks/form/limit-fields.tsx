import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { webhookForm } from '../../../texts/webhook-form.ts';
import { Field } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import { TextInput } from '../../../ui/text-input.tsx';
import { dialectOf } from './draft.ts';
import type { FormPart } from './form-state.ts';
import { parseSchedule } from './schedule.ts';
import { Section } from './section.tsx';

const texts = webhookForm.limits;

/** How much it is sent at a time, and how often again. Empty is the default, which the hint tells. */
export function LimitFields(part: FormPart & { catalog: CatalogView }) {
  const { draft, change, error } = part;
  const number = (name: 'concurrency' | 'rate' | 'timeout', field: 'concurrency' | 'rate' | 'timeoutMs') => (
    <Field label={texts[name].label} hint={texts[name].hint} error={error(field)}>
      {(control) => (
        <TextInput
          {...control}
          inputMode="decimal"
          value={draft[name]}
          placeholder={webhookForm.byDefault}
          onInput={(text) => change({ [name]: text })}
        />
      )}
    </Field>
  );
  return (
    <Section title={texts.section}>
      <div class="field-row">
        {number('concurrency', 'concurrency')}
        {number('rate', 'rate')}
        {number('timeout', 'timeoutMs')}
      </div>
      <Field label={texts.ordering.label} error={error('ordering')}>
        {(control) => (
          <Select
            {...control}
            value={draft.ordering}
            options={[
              { value: 'none', label: texts.ordering.none },
              { value: 'record', label: texts.ordering.record },
            ]}
            onChange={(ordering) => change({ ordering })}
          />
        )}
      </Field>
      <ScheduleFields {...part} />
    </Section>
  );
}

/** When it is tried again, and in words what that comes to. */
function ScheduleFields({ draft, change, error, catalog }: FormPart & { catalog: CatalogView }) {
  const { schedule } = draft;
  const dialect = dialectOf(catalog, draft.dialect);
  const own = schedule.kind === 'own' ? parseSchedule(schedule.text) : null;
  const delaysMs =
    schedule.kind === 'default'
      ? dialect.schedule
      : own === null
        ? []
        : 'delaysMs' in own && schedule.text.trim() !== ''
          ? own.delaysMs
          : null;
  const wrong =
    error('schedule') ??
    (own && 'problem' in own
      ? webhookForm.fault('schedule', { kind: 'schedule', problem: own.problem })
      : undefined);
  const { byDefault, none, own: ownLabel } = texts.schedule;
  return (
    <>
      <Field
        label={texts.schedule.label}
        hint={delaysMs && webhookForm.scheduleWords(delaysMs)}
        error={schedule.kind === 'own' ? undefined : wrong}
      >
        {(control) => (
          <Select
            {...control}
            value={schedule.kind}
            options={[
              { value: 'default', label: byDefault(dialect.name) },
              { value: 'own', label: ownLabel },
              { value: 'none', label: none },
            ]}
            onChange={(kind) => change({ schedule: { ...schedule, kind } })}
          />
        )}
      </Field>
      {schedule.kind === 'own' && (
        <Field label={texts.schedule.text} hint={texts.schedule.hint} error={wrong}>
          {(control) => (
            <TextInput
              {...control}
              mono
              value={schedule.text}
              onInput={(text) => change({ schedule: { kind: 'own', text } })}
            />
          )}
        </Field>
      )}
    </>
  );
}
