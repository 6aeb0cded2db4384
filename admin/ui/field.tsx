import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** What a control takes from its field: spread it into TextInput, Select or an element of its own. */
export interface ControlProps {
  id?: string | undefined;
  'aria-describedby'?: string | undefined;
  'aria-invalid'?: 'true' | undefined;
  required?: boolean | undefined;
}

export interface FieldProps {
  label: string;
  children: (control: ControlProps) => ComponentChildren;
  hint?: ComponentChildren | undefined;
  /** What is wrong, and what would be right. Read out when it appears. */
  error?: ComponentChildren | undefined;
  required?: boolean | undefined;
  /** At the right of the label. */
  aside?: ComponentChildren | undefined;
  /** The label is there for screen readers only: where the place says it. */
  bare?: boolean | undefined;
}

/** A control with its label, a hint below, and its error. */
export function Field({ label, children, hint, error, required, aside, bare }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <div class={bare ? 'unseen' : 'field-label'}>
        <label for={id}>{label}</label>
        {aside}
      </div>
      {children({
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': error ? 'true' : undefined,
        required,
      })}
      {hint && (
        <div class="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      <div class="field-error" id={`${id}-error`} aria-live="polite">
        {error && (
          <>
            <Icon name="error" size={14} />
            <span>{error}</span>
          </>
        )}
      </div>
    </div>
  );
}
