import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const name = 'ROWHOOK_TEST_SHARED';

/**
 * The folder for what is made once per run and used by all of its processes. Made by the process that asks first, whose children inherit
 * it and with which it goes: of tests, that is the one that starts those that run them, see suite.ts.
 */
export function sharedFolder(): string {
  const known = process.env[name];
  if (known) return known;
  const made = mkdtempSync(join(tmpdir(), 'rowhook-run-'));
  process.env[name] = made;
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}
