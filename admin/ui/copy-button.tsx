import { useEffect, useRef, useState } from 'preact/hooks';
import { shell } from '../texts/shell.ts';
import { Icon } from './icon.tsx';

export interface CopyButtonProps {
  /** What is copied, or what makes it at the moment of pressing. */
  text: string | (() => string);
  /** Its name: "Copy the id". Also shown as words where `words` is said. */
  label: string;
  words?: boolean | undefined;
}

/** Copies a text, and says that it did. */
export function CopyButton({ text, label, words }: CopyButtonProps) {
  const [done, setDone] = useState<'no' | 'yes' | 'failed'>('no');
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    const ok = await copyText(typeof text === 'string' ? text : text());
    setDone(ok ? 'yes' : 'failed');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setDone('no'), 2_000);
  };
  const said = done === 'yes' ? shell.copied : done === 'failed' ? shell.copyFailed : label;
  return (
    <button
      type="button"
      class={words ? 'button plain copy' : 'icon-button copy'}
      aria-label={words ? undefined : label}
      title={said}
      onClick={(event) => {
        event.stopPropagation();
        void copy();
      }}
    >
      <Icon name={done === 'yes' ? 'check' : 'copy'} />
      {words && <span>{said}</span>}
      <span class="unseen" role="status">
        {done === 'no' ? '' : said}
      </span>
    </button>
  );
}

/** Puts a text onto the clipboard; false when the browser does not allow it (it does only over TLS or on this machine). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The old way, for a page that came over plain http from another machine. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  const home = document.querySelector('dialog[open]') ?? document.body;
  const before = document.activeElement;
  home.append(area);
  area.select();
  const ok = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return ok;
}
