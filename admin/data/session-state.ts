import { computed, signal } from '@preact/signals';
import type { SessionView } from '../../src/admin/shapes/session.ts';

/** Who uses the page; null: nobody is signed in; undefined: not known yet. */
export const session = signal<SessionView | null | undefined>(undefined);

/** Set when a session ended by itself, so that the sign-in page can say so. */
export const expired = signal(false);

/** Set when the token of a link was refused, so that the sign-in page can say so. */
export const linkRefused = signal(false);

/** Whether the user may change anything. */
export const canChange = computed(() => session.value?.user.role === 'operator');

/** The server said 401: the page goes to the sign-in, and stays where it is underneath. */
export function signedOut(): void {
  if (session.peek()) expired.value = true;
  session.value = null;
}
