import { useRef, useState } from 'preact/hooks';
import type { EndpointCreatedView } from '../../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { ApiProblem, api } from '../../../data/api.ts';
import { canChange } from '../../../data/session-state.ts';
import { navigate, pathTo } from '../../../routes.tsx';
import { shell } from '../../../texts/shell.ts';
import { webhookForm as texts } from '../../../texts/webhook-form.ts';
import { Button } from '../../../ui/button.tsx';
import { Note } from '../../../ui/note.tsx';
import { useLeaveGuard } from '../use-leave-guard.ts';
import { type Draft, emptyDraft, sameDraft } from './draft.ts';
import { FormFields } from './form-fields.tsx';
import { FormFooter } from './form-footer.tsx';
import { focusFirstError, useFormErrors } from './form-state.ts';
import { takeKept, useKeeping } from './kept-drafts.ts';
import { submissionOf } from './submission.ts';

export interface CreateFormProps {
  readonly catalog: CatalogView;
  readonly onCreated: (made: EndpointCreatedView & { ownSecret: boolean }) => void;
}

/** The form of a new webhook. */
export function CreateForm({ catalog, onCreated }: CreateFormProps) {
  const [draft, setDraft] = useState<Draft>(() => takeKept<Draft>('new') ?? emptyDraft);
  const [busy, setBusy] = useState(false);
  const errors = useFormErrors();
  const form = useRef<HTMLFormElement>(null);
  const dirty = !sameDraft(draft, emptyDraft);
  useLeaveGuard(dirty, { title: texts.leaveTitle, words: texts.leaveWords, action: texts.leave });
  useKeeping('new', dirty ? draft : null);

  async function send(): Promise<void> {
    if (busy) return;
    const { input, faults } = submissionOf(draft, catalog, true);
    errors.found(faults);
    if (faults.size > 0) return focusFirstError(form.current);
    setBusy(true);
    try {
      const made = await api.post<EndpointCreatedView>('/endpoints', input);
      onCreated({ ...made, ownSecret: draft.secret.kind === 'own' });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setBusy(false);
      errors.refused(error);
      focusFirstError(form.current);
    }
  }

  return (
    <form
      ref={form}
      class="webhook-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {!canChange.value && <Note tone="warn">{shell.onlyOperators}</Note>}
      <fieldset class="form-fields" disabled={!canChange.value}>
        <FormFields
          draft={draft}
          catalog={catalog}
          endpoint={undefined}
          error={errors.of}
          change={(part) => {
            setDraft((now) => ({ ...now, ...part }));
            errors.touched(Object.keys(part) as (keyof Draft)[]);
          }}
        />
      </fieldset>
      <FormFooter errors={errors} dirty={dirty}>
        <Button onClick={() => navigate(pathTo('webhooks'))}>{texts.cancel}</Button>
        <Button type="submit" kind="primary" operator busy={busy}>
          {texts.create}
        </Button>
      </FormFooter>
    </form>
  );
}
