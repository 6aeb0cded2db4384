import { useEffect, useRef, useState } from 'preact/hooks';
import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../../src/admin/shapes/session.ts';
import { ApiProblem, api } from '../../../data/api.ts';
import { canChange } from '../../../data/session-state.ts';
import { webhookForm as texts } from '../../../texts/webhook-form.ts';
import { Button } from '../../../ui/button.tsx';
import { Note } from '../../../ui/note.tsx';
import { toast } from '../../../ui/toast.tsx';
import { useLeaveGuard } from '../use-leave-guard.ts';
import { rebased, theirChanges } from './conflict.ts';
import { ConflictNote } from './conflict-note.tsx';
import { type Draft, draftOf, sameDraft } from './draft.ts';
import { FormFields } from './form-fields.tsx';
import { FormFooter } from './form-footer.tsx';
import { focusFirstError, useFormErrors } from './form-state.ts';
import { takeKept, useKeeping } from './kept-drafts.ts';
import { shownField } from './shown-fields.ts';
import { type FieldName, patchOf, submissionOf } from './submission.ts';

export interface EditFormProps {
  /** As it is now: it may change while the form is filled in. */
  readonly endpoint: EndpointView;
  readonly catalog: CatalogView;
  readonly onSaved: (endpoint: EndpointView) => void;
}

interface Filled {
  /** What the form began with; its version is what a change is based on. */
  readonly base: EndpointView;
  readonly draft: Draft;
}

/** The settings of a webhook. Nobody's change undoes somebody else's: it is told of, and one chooses. */
export function EditForm({ endpoint, catalog, onSaved }: EditFormProps) {
  const [filled, setFilled] = useState<Filled>(() => takeKept<Filled>(endpoint.id) ?? startOf(endpoint));
  const [busy, setBusy] = useState(false);
  const errors = useFormErrors(hasPlace);
  const form = useRef<HTMLFormElement>(null);
  const { base, draft } = filled;
  const dirty = !sameDraft(draft, draftOf(base));
  const theirs = theirChanges(base, endpoint, draft, shownField);
  const conflict = dirty && theirs.length > 0;
  useLeaveGuard(dirty, { title: texts.leaveTitle, words: texts.leaveWords, action: texts.leave });
  useKeeping(endpoint.id, dirty ? filled : null);
  useEffect(() => {
    // Changed elsewhere, and nothing is entered here; or what changed is no setting (it was paused, say).
    if (endpoint.version === base.version || conflict) return;
    setFilled(dirty ? { base: endpoint, draft } : startOf(endpoint));
  }, [endpoint, base, dirty, conflict, draft]);

  const restart = (from: EndpointView) => {
    setFilled(startOf(from));
    errors.clear();
  };

  async function save(): Promise<void> {
    if (busy || conflict) return;
    const { faults } = submissionOf(draft, catalog, false);
    errors.found(faults);
    if (faults.size > 0) return focusFirstError(form.current);
    const patch = patchOf(draftOf(base), draft, catalog);
    if (Object.keys(patch).length === 0) {
      restart(endpoint);
      return toast(texts.nothingChanged);
    }
    setBusy(true);
    try {
      const saved = await api.patch<EndpointView>(`/endpoints/${endpoint.id}`, patch, {
        version: base.version,
      });
      restart(saved);
      onSaved(saved);
      toast(texts.saved, { kind: 'ok' });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.problem.status === 412) await compare();
      else {
        errors.refused(error);
        focusFirstError(form.current);
      }
    } finally {
      setBusy(false);
    }
  }

  /** The server says that it is another one by now: how it is now stands beside what is entered here. */
  async function compare(): Promise<void> {
    try {
      onSaved(await api.get<EndpointView>(`/endpoints/${endpoint.id}`));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      errors.refused(error);
    }
  }

  return (
    <form
      ref={form}
      class="webhook-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {!canChange.value && <Note>{texts.viewer}</Note>}
      {conflict && (
        <ConflictNote
          changes={theirs}
          onReload={() => restart(endpoint)}
          onGoOn={() => setFilled({ base: endpoint, draft: rebased(base, endpoint, draft) })}
        />
      )}
      <fieldset class="form-fields" disabled={!canChange.value}>
        <FormFields
          draft={draft}
          catalog={catalog}
          endpoint={base}
          error={errors.of}
          change={(part) => {
            setFilled((now) => ({ ...now, draft: { ...now.draft, ...part } }));
            errors.touched(Object.keys(part) as (keyof Draft)[]);
          }}
        />
      </fieldset>
      {(dirty || errors.rest !== null) && (
        <FormFooter errors={errors} dirty={dirty}>
          <Button onClick={() => restart(endpoint)}>{texts.discard}</Button>
          <Button
            type="submit"
            kind="primary"
            operator
            busy={busy}
            why={conflict ? texts.conflict.title : null}
          >
            {texts.save}
          </Button>
        </FormFooter>
      )}
    </form>
  );
}

/** Its secret and its tenant are no fields of this form: a dialect may need a secret of another form, say. */
const hasPlace = (field: FieldName): boolean => field !== 'secret' && field !== 'tenant';

const startOf = (endpoint: EndpointView): Filled => ({ base: endpoint, draft: draftOf(endpoint) });
