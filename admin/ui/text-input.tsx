import type { Ref } from 'preact';
import type { ControlProps } from './field.tsx';

export interface TextInputProps extends ControlProps {
  value: string;
  onInput: (value: string) => void;
  onBlur?: (() => void) | undefined;
  onKeyDown?: ((event: KeyboardEvent) => void) | undefined;
  type?: 'text' | 'password' | 'search' | 'url' | 'number' | 'datetime-local' | undefined;
  placeholder?: string | undefined;
  mono?: boolean | undefined;
  /** A text of several lines, with this many to be seen. */
  rows?: number | undefined;
  autoFocus?: boolean | undefined;
  readOnly?: boolean | undefined;
  disabled?: boolean | undefined;
  maxLength?: number | undefined;
  min?: number | string | undefined;
  max?: number | string | undefined;
  step?: number | string | undefined;
  /** The id of a datalist: what may be proposed. */
  list?: string | undefined;
  inputMode?: 'text' | 'url' | 'numeric' | 'decimal' | 'search' | undefined;
  /** `off` unless it is said: no browser has something useful to propose here. */
  autocomplete?: 'off' | 'current-password' | undefined;
  'aria-label'?: string | undefined;
  inputRef?: Ref<HTMLInputElement & HTMLTextAreaElement> | undefined;
}

/** One line of text, or several. No correction, no capitals: what is typed here is exact. */
export function TextInput({ onInput, mono, rows, inputRef, autoFocus, type, ...rest }: TextInputProps) {
  const shared = {
    autocomplete: 'off' as const,
    autocapitalize: 'off' as const,
    autocorrect: 'off',
    spellcheck: false,
    autoFocus,
    ...rest,
    class: mono ? 'input mono' : 'input',
  };
  if (rows !== undefined) {
    return (
      <textarea
        {...shared}
        ref={inputRef as Ref<HTMLTextAreaElement>}
        rows={rows}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    );
  }
  return (
    <input
      {...shared}
      ref={inputRef as Ref<HTMLInputElement>}
      // The types of Preact know each kind of input by itself; what is given here suits all of these.
      type={(type ?? 'text') as 'text'}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}
