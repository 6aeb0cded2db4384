import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface CheckboxProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: ComponentChildren;
  hint?: ComponentChildren | undefined;
  disabled?: boolean | undefined;
  /** Some of what it stands for. */
  some?: boolean | undefined;
  /** `radio`: one of those with the same `name`. */
  type?: 'checkbox' | 'radio' | undefined;
  name?: string | undefined;
}

/** A box (or a radio button) with its words, which can be pressed too. */
export function Checkbox({ checked, onChange, label, hint, disabled, some, type, name }: CheckboxProps) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = some === true && !checked;
  }, [some, checked]);
  return (
    <label class={disabled ? 'checkbox off' : 'checkbox'}>
      <input
        ref={box}
        type={type ?? 'checkbox'}
        name={name}
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        {hint && <small>{hint}</small>}
      </span>
    </label>
  );
}
