import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ApiProblem } from '../data/api-client.ts';
import { shell } from '../texts/shell.ts';
import { Icon } from './icon.tsx';
import { IconButton } from './icon-button.tsx';

export interface ToastOptions {
  kind?: 'ok' | 'error' | 'info' | undefined;
  action?: { label: string; run: () => void } | undefined;
}

interface Shown extends ToastOptions {
  id: number;
  text: string;
}

const shown = signal<readonly Shown[]>([]);
let last = 0;

/** Says shortly what happened, at the edge of the window. Errors stay until they are closed; the rest goes after some seconds. */
export function toast(text: string, options: ToastOptions = {}): void {
  last += 1;
  shown.value = [
    ...shown
      .peek()
      .filter((one) => one.text !== text)
      .slice(-2),
    { ...options, id: last, text },
  ];
}

/** Says what went wrong with a change. What is no ApiProblem is our own fault, and is thrown on. */
export function toastProblem(error: unknown): void {
  if (!(error instanceof ApiProblem)) throw error;
  if (error.problem.status === 401) return;
  const { detail, fix } = error.problem;
  toast(fix ? `${detail} ${fix}` : detail, { kind: 'error' });
}

/** Where toasts appear: once, in the app. The region is there from the start, so that screen readers hear of what comes into it. */
export function ToastLayer() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.value.map((one) => (
        <Toast key={one.id} one={one} />
      ))}
    </div>
  );
}

function Toast({ one }: { one: Shown }) {
  const box = useRef<HTMLDivElement>(null);
  const close = () => {
    shown.value = shown.peek().filter((other) => other.id !== one.id);
  };
  useEffect(() => {
    if (one.kind === 'error') return;
    const go = () => {
      // Not under the pointer or the focus of somebody who is about to press its button.
      if (box.current?.matches(':hover, :focus-within')) timer = setTimeout(go, 1_000);
      else close();
    };
    let timer = setTimeout(go, one.action ? 10_000 : 5_000);
    return () => clearTimeout(timer);
  }, []);
  const icon = one.kind === 'error' ? 'error' : one.kind === 'ok' ? 'check' : 'info';
  return (
    <div ref={box} class={`toast ${one.kind ?? 'info'}`}>
      <Icon name={icon} />
      <p>{one.text}</p>
      {one.action && (
        <button
          type="button"
          class="link"
          onClick={() => {
            close();
            one.action?.run();
          }}
        >
          {one.action.label}
        </button>
      )}
      <IconButton icon="close" label={shell.dismiss} onClick={close} />
    </div>
  );
}
