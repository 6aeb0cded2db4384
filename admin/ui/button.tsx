import type { ComponentChildren, Ref } from 'preact';
import { useId } from 'preact/hooks';
import { canChange } from '../data/session-state.ts';
import { shell } from '../texts/shell.ts';
import { Icon, type IconName } from './icon.tsx';

export interface ButtonProps {
  children: ComponentChildren;
  onClick?: ((event: MouseEvent) => void) | undefined;
  kind?: 'plain' | 'primary' | 'danger' | 'quiet' | undefined;
  type?: 'button' | 'submit' | undefined;
  icon?: IconName | undefined;
  small?: boolean | undefined;
  /** It works: shows so, and cannot be pressed again. */
  busy?: boolean | undefined;
  /** Why it cannot be used; it stays in the tab order, so that the reason can be read. */
  why?: string | null | undefined;
  /** Changes something: a viewer cannot use it, and reads why. */
  operator?: boolean | undefined;
  /** The form that it sends, when it stands outside of it. */
  form?: string | undefined;
  expanded?: boolean | undefined;
  pressed?: boolean | undefined;
  class?: string | undefined;
  buttonRef?: Ref<HTMLButtonElement> | undefined;
}

/** A button with words. One that is off keeps the focus and says why, which `disabled` would not. */
export function Button(props: ButtonProps) {
  const id = useId();
  const why = props.operator && !canChange.value ? shell.onlyOperators : (props.why ?? null);
  const off = why !== null || props.busy === true;
  return (
    <>
      <button
        ref={props.buttonRef}
        type={props.type ?? 'button'}
        form={props.form}
        class={`button ${props.kind ?? 'plain'}${props.small ? ' small' : ''}${props.class ? ` ${props.class}` : ''}`}
        aria-disabled={off ? 'true' : undefined}
        aria-busy={props.busy ? 'true' : undefined}
        aria-describedby={why === null ? undefined : id}
        aria-expanded={props.expanded}
        aria-pressed={props.pressed}
        title={why ?? undefined}
        onClick={(event) => {
          if (!off) return props.onClick?.(event);
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        {props.icon && <Icon name={props.icon} />}
        <span>{props.children}</span>
      </button>
      {why !== null && (
        <span id={id} class="unseen">
          {why}
        </span>
      )}
    </>
  );
}
