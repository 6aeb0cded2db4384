import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OwnedCrm, ownedCrm } from '../migrations/owned-crm.ts';
import { builtPackage } from './built-package.ts';
import { killRunning, type Result, type Running, rowhook, start } from './rowhook.ts';

/** A folder with a config, beside the reference CRM whose owner it connects as. */
export interface Project extends OwnedCrm {
  readonly cwd: string;
  write(name: string, text: string): Promise<void>;
  /** Runs a command to its end in the folder; `$ROWHOOK_DATABASE_URL` is the owner's unless told otherwise. */
  rowhook(...args: string[]): Promise<Result>;
  /** Runs a command that must go well with --json, and returns what it says. */
  json<Answer>(...args: string[]): Promise<Answer>;
  start(...args: string[]): Running;
  /** Also ends what still runs in it. */
  remove(): Promise<void>;
}

/** As data, because a command that has to run its config takes twice as long: where that matters, a test writes `configInCode`. */
const config = JSON.stringify({ catalog: 'site-stacker', delivery: { allow: ['127.0.0.1'] } });
/** The same for `rowhook.config.ts`, which goes before one in JSON. */
export const configInCode = `import { defineConfig } from 'rowhook';
import { siteStacker } from 'rowhook/presets/site-stacker';
export default defineConfig({ catalog: siteStacker(), delivery: { allow: ['127.0.0.1'] } });`;

export async function project(env: Readonly<Record<string, string>> = {}): Promise<Project> {
  const crm = await ownedCrm();
  const cwd = await mkdtemp(join(tmpdir(), 'rowhook-cli-'));
  const options = { program: await builtPackage(), cwd, env: { ROWHOOK_DATABASE_URL: crm.url, ...env } };
  await writeFile(join(cwd, 'rowhook.config.json'), config);
  return {
    ...crm,
    cwd,
    write: (name, text) => writeFile(join(cwd, name), text),
    rowhook: (...args) => rowhook(args, options),
    async json<Answer>(...args: string[]) {
      const { code, stdout, stderr } = await rowhook([...args, '--json'], options);
      if (code !== 0 || stderr !== '')
        throw new Error(`rowhook ${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as Answer;
    },
    start: (...args) => start(args, options),
    async remove() {
      await killRunning();
      await rm(cwd, { recursive: true });
    },
  };
}
