import { createHash, timingSafeEqual } from 'node:crypto';
import type { AdminToken } from '../../config/admin-tokens.ts';

/** Whose token it is. Compares the hash with those of all, in the same time whichever it is, and whether it is any. */
export function ownerOf(given: string, tokens: readonly AdminToken[]): AdminToken | undefined {
  const hash = sha256(given);
  let owner: AdminToken | undefined;
  for (const each of tokens) if (timingSafeEqual(hash, sha256(each.token))) owner = each;
  return owner;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
