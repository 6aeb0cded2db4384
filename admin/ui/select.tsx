import type { ControlProps } from './field.tsx';

export interface SelectOption<V extends string> {
  value: V;
  label: string;
  disabled?: boolean | undefined;
}

export interface SelectProps<V extends string> extends ControlProps {
  value: V;
  options: readonly SelectOption<V>[];
  onChange: (value: V) => void;
  disabled?: boolean | undefined;
  'aria-label'?: string | undefined;
}

/** One of a few: the browser's own list, which every device has a good form of. */
export function Select<V extends string>({ value, options, onChange, ...rest }: SelectProps<V>) {
  return (
    <select
      {...rest}
      class="input select"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value as V)}
    >
      {options.map((option) => (
        <option
          key={option.value}
          value={option.value}
          disabled={option.disabled}
          selected={option.value === value}
        >
          {option.label}
        </option>
      ))}
    </select>
  );
}
