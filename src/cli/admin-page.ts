import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import { type AdminToken, adminTokens } from '../config/admin-tokens.ts';
import type { Listen } from '../config/listen.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { RowhookError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import type { Act, Context } from './context.ts';

/** Whoever has the terminal of `rowhook start`, where no tokens are configured. */
const ownName = 'local';
const newToken = (): string => randomBytes(32).toString('base64url');

/**
 * The config with the admin page as the command line has it. Without tokens one is made for this run.
 * @param given an address; false: no page; true or undefined: as the config says, and at the usual place where it says nothing
 * @returns made: the token that was made, which nobody but whoever sees the terminal is to know
 */
export function withAdmin(
  config: ResolvedConfig,
  given: Listen | boolean | undefined,
): { readonly config: ResolvedConfig; readonly made: string | undefined } {
  const configured = config.admin ?? {};
  const admin =
    given === false
      ? false
      : typeof given === 'object'
        ? { ...(configured || {}), listen: given }
        : configured;
  const known = (config.adminTokens ?? []).length > 0;
  // Where others could come from, tokens are somebody's decision: the daemon refuses to start without.
  const isOwn = admin !== false && !known && (admin.listen === undefined || isLoopback(admin.listen.host));
  if (!isOwn) return { config: { ...config, admin }, made: undefined };
  const made = newToken();
  const tokens: readonly AdminToken[] = [{ name: ownName, role: 'operator', token: made }];
  return { config: { ...config, admin, adminTokens: tokens }, made };
}

/** Says where the page is: with the token only to a terminal, or where somebody has asked for it. Not in the log, which is kept. */
export function tellUrl(
  { note, notesSeen }: Pick<Context, 'note' | 'notesSeen'>,
  url: string | undefined,
  made: string | undefined,
  asked: boolean,
): void {
  if (url === undefined || !(notesSeen || asked)) return;
  note(`admin page: ${url}${made === undefined ? '' : `#token=${made}`}`);
}

export function adminCommands(program: Command, act: Act): void {
  const admin = program.command('admin').description('Who may sign in to the admin page.');
  admin
    .command('new-token')
    .description('Print an entry for ROWHOOK_ADMIN_TOKENS, with a new token.')
    .requiredOption('--name <name>', 'who it is for; the audit trail calls them so')
    .addOption(
      new Option('--role <role>', 'viewer: looks; operator: changes things too')
        .choices(['viewer', 'operator'])
        .default('viewer'),
    )
    .action(
      act(async ({ output }, { name, role }: { name: string; role: string }) => {
        const token = newToken();
        const entry = `${name}:${role}:${token}`;
        if (!isEntry(entry)) {
          throw new RowhookError('config_invalid', `${JSON.stringify(name)} cannot be the name of a token`, {
            where: 'name',
            fix: 'Use letters, digits, ., _, @ and -, at most 40.',
          });
        }
        output.show({ name, role, token, entry }, () => entry);
      }),
    );
}

/** It is one entry, and not what would be read as several. */
function isEntry(text: string): boolean {
  try {
    return adminTokens(text).length === 1;
  } catch {
    return false;
  }
}
