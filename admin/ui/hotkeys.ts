import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export interface Hotkey {
  /** `j`, `/`, `?`, `Enter`, or two after each other: `g o`. As `KeyboardEvent.key` says it. */
  keys: string;
  /** What it does, for the list that `?` shows. */
  words: string;
  run: () => void;
}

/** All keys that work now. */
export const hotkeys = signal<readonly Hotkey[]>([]);

let pending = { key: '', at: 0 };

/** Makes keys work while the component is there. Not while something is typed, a dialog or a menu is open, or with Ctrl, Alt or Cmd. */
export function useHotkeys(list: readonly Hotkey[]): void {
  const latest = useRef(list);
  latest.current = list;
  const names = list.map((key) => key.keys).join('\n');
  useEffect(() => {
    const mine = latest.current.map((key, index) => ({ ...key, run: () => latest.current[index]?.run() }));
    hotkeys.value = [...hotkeys.peek(), ...mine];
    return () => {
      hotkeys.value = hotkeys.peek().filter((key) => !mine.includes(key));
    };
  }, [names]);
}

/** Listens for keys; once, in the app. Those that came last go first. */
export function listenForHotkeys(): () => void {
  const keyed = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || !free(event.target))
      return;
    const two = event.timeStamp - pending.at < 1_200 ? `${pending.key} ${event.key}` : '';
    const list = [...hotkeys.peek()].reverse();
    const found = list.find((key) => key.keys === two) ?? list.find((key) => key.keys === event.key);
    pending = found ? { key: '', at: 0 } : { key: event.key, at: event.timeStamp };
    if (!found) return;
    event.preventDefault();
    found.run();
  };
  addEventListener('keydown', keyed);
  return () => removeEventListener('keydown', keyed);
}

function free(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open], [role=menu]')) return false;
  if (!(target instanceof HTMLElement)) return true;
  if (target.isContentEditable || target.matches('textarea, select')) return false;
  return !target.matches('input:not([type=checkbox], [type=radio], [type=button])');
}
