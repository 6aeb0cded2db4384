import type { Ref } from 'preact';
import { Icon, type IconName } from './icon.tsx';

export interface IconButtonProps {
  icon: IconName;
  /** Its name, also shown on hover. */
  label: string;
  onClick: (event: MouseEvent) => void;
  expanded?: boolean | undefined;
  hasPopup?: 'menu' | 'dialog' | undefined;
  class?: string | undefined;
  buttonRef?: Ref<HTMLButtonElement> | undefined;
}

/** A button with a drawing and a name. */
export function IconButton(props: IconButtonProps) {
  return (
    <button
      ref={props.buttonRef}
      type="button"
      class={`icon-button${props.class ? ` ${props.class}` : ''}`}
      aria-label={props.label}
      title={props.label}
      aria-expanded={props.expanded}
      aria-haspopup={props.hasPopup}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
