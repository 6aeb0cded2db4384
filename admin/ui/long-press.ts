import type { TargetedMouseEvent, TargetedPointerEvent } from 'preact';
import { useCallback, useRef } from 'preact/hooks';

export interface LongPressHandlers {
  onPointerDown: (event: TargetedPointerEvent<HTMLElement>) => void;
  onPointerMove: (event: TargetedPointerEvent<HTMLElement>) => void;
  onPointerUp: () => void;
  onPointerCancel: () => void;
  onClickCapture: (event: TargetedMouseEvent<HTMLElement>) => void;
}

const pressMs = 500;
const slackPx = 10;

/**
 * A finger that rests on something. Browsers that open a context menu by it by themselves (Android's) cancel the pointer, so it is not done
 * twice; others (iOS) do nothing, so this is needed. The click that follows is swallowed.
 */
export function useLongPress(): (
  run: (from: HTMLElement, x: number, y: number) => void,
) => LongPressHandlers {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = useRef({ x: 0, y: 0 });
  const pressed = useRef(false);
  return useCallback((run) => {
    const end = () => clearTimeout(timer.current);
    return {
      onPointerDown(event) {
        pressed.current = false;
        if (event.pointerType === 'mouse') return;
        const from = event.currentTarget;
        start.current = { x: event.clientX, y: event.clientY };
        end();
        timer.current = setTimeout(() => {
          pressed.current = true;
          run(from, start.current.x, start.current.y);
        }, pressMs);
      },
      onPointerMove(event) {
        const { x, y } = start.current;
        if (Math.hypot(event.clientX - x, event.clientY - y) > slackPx) end();
      },
      onPointerUp: end,
      onPointerCancel: end,
      onClickCapture(event) {
        if (!pressed.current) return;
        pressed.current = false;
        event.preventDefault();
        event.stopPropagation();
      },
    };
  }, []);
}
