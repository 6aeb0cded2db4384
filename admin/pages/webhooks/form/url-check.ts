import type { UrlCheckedView } from '../../../../src/admin/shapes/endpoint.ts';

/** What is known of the URL in the field. `unknown`: nobody could say; saving tells. */
export type UrlState =
  | { readonly kind: 'empty' | 'typing' | 'asking' | 'unknown' }
  | { readonly kind: 'told'; readonly checked: UrlCheckedView };

export interface UrlCheckParts {
  ask(url: string, dialect: string | null, signal: AbortSignal): Promise<UrlCheckedView>;
  /** Calls once after this many milliseconds, unless the returned function is called before. */
  after(ms: number, call: () => void): () => void;
  show(state: UrlState): void;
}

/** So long nobody types before it is asked for. */
export const quietMs = 400;

/**
 * Asks the server about a URL while somebody types it: once it is quiet, never twice for the same, and an answer to what is no longer in the
 * field is dropped.
 */
export function createUrlCheck({ ask, after, show }: UrlCheckParts) {
  let asked = '';
  let cancel = () => {};
  let stop = new AbortController();

  async function run(url: string, dialect: string | null): Promise<void> {
    const own = new AbortController();
    stop = own;
    show({ kind: 'asking' });
    try {
      const checked = await ask(url, dialect, own.signal);
      if (!own.signal.aborted) show({ kind: 'told', checked });
    } catch {
      if (own.signal.aborted) return;
      // It may be asked again: nothing was told.
      asked = '';
      show({ kind: 'unknown' });
    }
  }

  return {
    /** Tells what is in the field now. */
    typed(text: string, dialect: string | null): void {
      const url = text.trim();
      const key = `${dialect ?? ''} ${url}`;
      if (key === asked) return;
      asked = key;
      cancel();
      stop.abort();
      // Too early to say anything of it: `h`, `https://`.
      if (/^(h(t(t(p(s?:?\/{0,2})?)?)?)?)?$/i.test(url)) {
        show({ kind: url === '' ? 'empty' : 'typing' });
        return;
      }
      show({ kind: 'typing' });
      cancel = after(quietMs, () => void run(url, dialect));
    },
    close(): void {
      cancel();
      stop.abort();
    },
  };
}
