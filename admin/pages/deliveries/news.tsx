import { useEffect, useRef, useState } from 'preact/hooks';
import { deliveries } from '../../texts/deliveries.ts';
import { Icon } from '../../ui/icon.tsx';
import type { ListStore } from './list-store.ts';

interface Item {
  readonly id: string;
}

export interface NewsProps<T extends Item> {
  store: ListStore<T>;
  texts: { unseenName: (count: number) => string; cameIn: (count: number) => string };
  onShow: () => void;
}

/** Screen readers are told at most this often. */
const sayMs = 15_000;

/** What came in while one was reading further down, as a button; and for screen readers, how much came in at all. */
export function News<T extends Item>({ store, texts, onShow }: NewsProps<T>) {
  const list = store.list.value;
  const unseen = list?.unseen.length ?? 0;
  const arrived = (list?.rows.filter(({ isNews }) => isNews).length ?? 0) + unseen;
  return (
    <div class="live-news">
      {(unseen > 0 || list?.overflow) && (
        <button
          type="button"
          class="button primary small"
          aria-label={texts.unseenName(unseen)}
          onClick={onShow}
        >
          <Icon name="chevron" size={12} />
          <span>{deliveries.unseen(unseen, list?.overflow === true)}</span>
        </button>
      )}
      <Said count={arrived} words={texts.cameIn} />
    </div>
  );
}

function Said({ count, words }: { count: number; words: (count: number) => string }) {
  const [said, setSaid] = useState('');
  const before = useRef({ count, at: 0 });
  useEffect(() => {
    const more = count - before.current.count;
    if (more <= 0) {
      before.current.count = count;
      return;
    }
    const timer = setTimeout(
      () => {
        before.current = { count, at: performance.now() };
        setSaid(words(more));
      },
      Math.max(0, before.current.at + sayMs - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [count, words]);
  return (
    <span class="unseen" aria-live="polite">
      {said}
    </span>
  );
}
