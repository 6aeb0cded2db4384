import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { shell } from '../texts/shell.ts';
import { IconButton } from './icon-button.tsx';

export interface DialogProps {
  title: string;
  /** Escape, the cross, or a press outside. Called also when it may not close: then leave it open. */
  onClose: () => void;
  children: ComponentChildren;
  /** The buttons, the main one last. */
  footer?: ComponentChildren | undefined;
  wide?: boolean | undefined;
  /** Only its buttons close it: for what is shown once. */
  firm?: boolean | undefined;
}

/** A modal dialog: render it to open it. The browser keeps the focus inside, and gives it back where it came from. */
export function Dialog({ title, onClose, children, footer, wide, firm }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!firm) onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === dialog.current && !firm) onClose();
      }}
    >
      <div class="dialog-box">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          {!firm && <IconButton icon="close" label={shell.close} onClick={onClose} />}
        </div>
        <div class="dialog-body">{children}</div>
        {footer && <div class="dialog-foot">{footer}</div>}
      </div>
    </dialog>
  );
}
