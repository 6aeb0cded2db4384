import type { IncomingMessage } from 'node:http';
import type { AdminUser } from '../http/parts.ts';

/** A request, and what is known of it besides. */
export interface Asked {
  readonly request: Request;
  /** Node's own request, where it came through one: an application keeps its session there. */
  readonly incoming: IncomingMessage | undefined;
  /** Where it came from; empty where nobody knows. */
  readonly address: string;
}

export interface Identity {
  readonly user: AdminUser;
  /** `ambient`: a browser sends what it is by of itself, so that another site can have it sent too. */
  readonly by: 'ambient' | 'bearer';
  /** A Set-Cookie header that goes with the answer. */
  readonly renewal?: string | undefined;
}

/** Knows who asks. */
export interface Gate {
  /** Who says who somebody is: our own tokens, or the application that mounts this. */
  readonly by: 'token' | 'application';
  /**
   * Null: nobody who is known.
   * @throws RowhookError `tries_exceeded`
   */
  identify(asked: Asked): Promise<Identity | null>;
  /** Where the tokens are ours. */
  readonly signing?: Signing;
}

export interface Signing {
  /** @throws RowhookError `not_signed_in` for a token that is nobody's, TriesExceeded */
  signIn(asked: Asked, token: string): { readonly user: AdminUser; readonly cookie: string };
  /** Ends the session of this request; returns the Set-Cookie header that takes its cookie away. */
  signOut(asked: Asked): string;
}
