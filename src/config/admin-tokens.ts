import { RowhookError } from '../errors.ts';

/** Somebody who may sign in to the admin page. */
export interface AdminToken {
  readonly name: string;
  readonly role: 'viewer' | 'operator';
  readonly token: string;
}

const shortest = 20;
const longest = 500;

/**
 * Reads `anna:operator:<token>,bob:viewer:<token>`, as ROWHOOK_ADMIN_TOKENS has it. A name may have two tokens, so that one can be
 * replaced by another without a gap. Pure.
 * @returns none where the text is empty or missing
 * @throws RowhookError `config_invalid` that says which entry is wrong, and never repeats it
 */
export function adminTokens(text: string | undefined): readonly AdminToken[] {
  if (text === undefined || text.trim() === '') return [];
  const tokens = text.split(',').map((entry, index) => tokenIn(entry.trim(), index + 1));
  const doubled = tokens.findIndex(({ token }, index) =>
    tokens.some((other, at) => at < index && other.token === token),
  );
  if (doubled >= 0) throw wrong(doubled + 1, 'has the token of an earlier one');
  const torn = tokens.findIndex(({ name, role }, index) =>
    tokens.some((other, at) => at < index && other.name === name && other.role !== role),
  );
  if (torn >= 0) throw wrong(torn + 1, 'names somebody who has another role elsewhere');
  return tokens;
}

function tokenIn(entry: string, number: number): AdminToken {
  const [name = '', role = '', token = '', ...rest] = entry.split(':');
  if (rest.length > 0 || token === '') throw wrong(number, 'is not of the form name:role:token');
  if (!isName(name)) throw wrong(number, 'has a name that is not 1 to 40 letters, digits, ., _, @ or -');
  if (role !== 'viewer' && role !== 'operator')
    throw wrong(number, 'has a role that is not viewer or operator');
  if (!/^[\x21-\x7e]+$/.test(token))
    throw wrong(number, 'has a token with spaces or other than ASCII characters');
  if (token.length < shortest || token.length > longest)
    throw wrong(number, `has a token of fewer than ${shortest} or more than ${longest} characters`);
  return { name, role, token };
}

/** What somebody may be called: it is written to logs, cookies and the audit trail. */
export const isName = (name: string): boolean => /^[\p{L}\p{N}._@-]{1,40}$/u.test(name);

const wrong = (number: number, what: string): RowhookError =>
  new RowhookError('config_invalid', `ROWHOOK_ADMIN_TOKENS: entry ${number} ${what}`, {
    where: 'ROWHOOK_ADMIN_TOKENS',
    fix: 'Write name:role:token, with commas between; `rowhook admin new-token` prints such an entry.',
  });
