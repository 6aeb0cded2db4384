import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** The operating system's user a server is run as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Returns the account to run Postgres as, or undefined for the present user, who will do unless that is root:
 * both initdb and postgres refuse to run as root.
 * @throws Error when root finds no account to use.
 */
export function serverAccount(): Account | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    // macOS gives `nobody` the uid -2, which cannot own a file here.
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const account = accounts.find((each) => each.name === name);
    if (account) return account;
  }
  throw new Error(
    'Postgres does not run as root, and /etc/passwd has neither a user "postgres" nor "nobody"',
  );
}

/** What to add to the options of `spawn` for a process of that account. */
export function runAs(account: Account | undefined): { uid?: number; gid?: number; cwd: string } {
  // The present folder may be closed to the account; the root folder is not.
  return account ? { uid: account.uid, gid: account.gid, cwd: '/' } : { cwd: '/' };
}

/** Tells whether the account may enter a folder, by trying: modes alone do not say it all (ACLs, mounts). */
export function canReach(account: Account, folder: string): Promise<boolean> {
  return promisify(execFile)('test', ['-x', folder], runAs(account)).then(
    () => true,
    () => false,
  );
}
