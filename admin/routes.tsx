import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { base } from './data/base.ts';
import { type Route, routeOf } from './data/route.ts';

export { type PageName, pathTo, type Route } from './data/route.ts';

const current = signal<Route>(here());

/** Grows with each way to another page by a link: the page's heading takes the focus then. 0: the page was just loaded. */
export const arrival = signal(0);

export interface NavigateOptions {
  /** In place of the current entry of the history: for filters. */
  replace?: boolean | undefined;
  /** The focus stays where it is: for tabs, and for what opens beside a list. */
  keepFocus?: boolean | undefined;
  /** The page stays scrolled as it is. */
  keepScroll?: boolean | undefined;
}

/** The page that is shown. A component that calls it is drawn anew when it changes. */
export function useRoute(): Route {
  return current.value;
}

/** Goes to a page by its path and query, without the base: `/webhooks/4?state=exhausted` (see `pathTo`). */
export function navigate(path: string, options: NavigateOptions = {}): void {
  ifMayLeave(path, () => go(path, options));
}

function go(path: string, options: NavigateOptions): void {
  const change = options.replace ? 'replaceState' : 'pushState';
  history[change](null, '', base + path);
  current.value = routeOf(path);
  if (options.replace) return;
  if (!options.keepScroll) scrollTo(0, 0);
  if (!options.keepFocus) arrival.value += 1;
}

addEventListener('popstate', () => {
  const to = here();
  if (leaving === null || to.path === current.peek().path) {
    current.value = to;
    return;
  }
  // The browser has gone there already: back, to ask first.
  const address = location.pathname + location.search;
  history.pushState(null, '', base + current.peek().path);
  ifMayLeave(to.path, () => go(address.slice(base.length) || '/', {}));
});

/** Asks a person whether to leave the page; resolves with whether to. */
type Leaving = () => Promise<boolean>;
let leaving: Leaving | null = null;

/** From now on it is asked before another page is gone to: for a form that is not saved. Returns what ends that. */
export function askBeforeLeaving(ask: Leaving): () => void {
  leaving = ask;
  return () => {
    if (leaving === ask) leaving = null;
  };
}

/** Goes at once where nobody has to be asked, or only the query changes. */
function ifMayLeave(path: string, then: () => void): void {
  const asking = leaving;
  if (asking === null || routeOf(path).path === current.peek().path) {
    then();
    return;
  }
  void asking().then((yes) => {
    if (!yes) return;
    if (leaving === asking) leaving = null;
    then();
  });
}

/** The address without the base. */
function here(): Route {
  const { pathname, search } = location;
  return routeOf((pathname.startsWith(base) ? pathname.slice(base.length) || '/' : pathname) + search);
}

export interface LinkProps extends NavigateOptions {
  /** As for `navigate`. */
  to: string;
  children: ComponentChildren;
  class?: string | undefined;
  /** It leads to where one is. */
  current?: boolean | undefined;
  label?: string | undefined;
  title?: string | undefined;
}

/** A link to another page of this one: a real one, so it can be opened in a tab of its own. */
export function Link({ to, children, class: name, current: isCurrent, label, title, ...options }: LinkProps) {
  return (
    <a
      href={base + to}
      class={name}
      aria-label={label}
      title={title}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={(event) => {
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(to, options);
      }}
    >
      {children}
    </a>
  );
}
