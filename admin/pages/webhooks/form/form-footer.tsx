import type { ComponentChildren } from 'preact';
import { webhookForm as texts } from '../../../texts/webhook-form.ts';
import { ErrorNote } from '../../../ui/error-note.tsx';
import type { FormErrors } from './form-state.ts';

/** The end of a form, always to be seen: what was wrong with the last try, and its buttons. */
export function FormFooter({
  errors,
  children,
  dirty,
}: {
  errors: FormErrors;
  dirty: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class="form-footer">
      {errors.rest && <ErrorNote problem={errors.rest} />}
      <div class="form-footer-row">
        <span class={errors.count > 0 ? 'bad' : 'dim'} role="status">
          {errors.count > 0 ? texts.correct(errors.count) : dirty ? texts.unsaved : ''}
        </span>
        <div class="actions">{children}</div>
      </div>
    </div>
  );
}
