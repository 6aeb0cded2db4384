import { useEffect, useState } from 'preact/hooks';
import { live } from '../data/live.ts';
import { shell } from '../texts/shell.ts';
import { Icon } from './icon.tsx';

/** A stream that is back at once is nothing to tell of. */
const patienceMs = 1_500;

/** A small notice while the live stream is broken. It lies above the page, so that nothing jumps. */
export function LiveNotice() {
  const paused = live.state.value === 'paused';
  const [told, setTold] = useState(false);
  useEffect(() => {
    if (!paused) {
      setTold(false);
      return;
    }
    const timer = setTimeout(() => setTold(true), patienceMs);
    return () => clearTimeout(timer);
  }, [paused]);
  return (
    <div class="live-notice" role="status">
      {paused && told && (
        <p>
          <Icon name="pause" size={14} />
          {shell.livePaused}
          <button type="button" class="link" onClick={() => live.retry()}>
            {shell.liveRetry}
          </button>
        </p>
      )}
    </div>
  );
}
