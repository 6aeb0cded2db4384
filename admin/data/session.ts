import type { SessionView } from '../../src/admin/shapes/session.ts';
import { ApiProblem, api } from './api.ts';
import { expired, linkRefused, session } from './session-state.ts';

export { canChange, expired, linkRefused, session } from './session-state.ts';

/**
 * Finds out who uses the page: by the token of the URL's fragment (`#token=…`, taken once and removed from the address and the history
 * entry), else by the cookie. Rejects with an ApiProblem when the server cannot say.
 */
export async function openSession(): Promise<void> {
  const token = tokenOfLink();
  if (token !== null) {
    history.replaceState(history.state, '', location.pathname + location.search);
    try {
      await signIn(token);
      return;
    } catch (error) {
      // A session that is there already is worth more than a wrong token.
      if (!(error instanceof ApiProblem) || error.problem.status === 0) throw error;
      linkRefused.value = true;
    }
  }
  try {
    session.value = await api.get<SessionView>('/session');
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.status === 401) session.value = null;
    else throw error;
  }
}

const tokenOfLink = (): string | null => new URLSearchParams(location.hash.slice(1)).get('token');

/** Calls back when a link with a token is opened where the page is shown already: the browser loads nothing anew then. Returns how to end it. */
export function onTokenLink(opened: () => void): () => void {
  const look = () => tokenOfLink() !== null && opened();
  addEventListener('hashchange', look);
  return () => removeEventListener('hashchange', look);
}

/** Signs in; rejects with an ApiProblem. */
export async function signIn(token: string): Promise<void> {
  session.value = await api.post<SessionView>('/session', { token });
  expired.value = false;
  linkRefused.value = false;
}

/** Signs out, here and at the server. */
export async function signOut(): Promise<void> {
  await api.delete('/session');
  expired.value = false;
  session.value = null;
}
