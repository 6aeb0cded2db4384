import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';

/** Somebody who works with the application. */
export interface Employee {
  readonly name: string;
  readonly mayChangeWebhooks: boolean;
}

/** The application's own login, as small as one can be: accounts in the code, and sessions in memory. */
export function createLogin() {
  const accounts = [
    { name: 'ida', password: 'ida knows', mayChangeWebhooks: true },
    { name: 'jon', password: 'jon knows', mayChangeWebhooks: false },
  ];
  const sessions = new Map<string, Employee>();

  return {
    /** The cookie of a new session; undefined: name or password is wrong. */
    signIn(name: unknown, password: unknown): string | undefined {
      const account = accounts.find((each) => each.name === name);
      if (!account || !isSame(String(password), account.password)) return undefined;
      const id = randomUUID();
      sessions.set(id, { name: account.name, mayChangeWebhooks: account.mayChangeWebhooks });
      return `sid=${id}; Path=/; HttpOnly; SameSite=Lax`;
    },
    signOut(cookies: string | undefined): void {
      sessions.delete(idIn(cookies));
    },
    /** Whose session a Cookie header names. */
    employeeOf: (cookies: string | undefined): Employee | undefined => sessions.get(idIn(cookies)),
  };
}

const idIn = (cookies = ''): string => /(?:^|;\s*)sid=([\w-]+)/.exec(cookies)?.[1] ?? '';

const isSame = (given: string, password: string): boolean => timingSafeEqual(hash(given), hash(password));
const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
