import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OwnedCrm, ownedCrm } from '../migrations/owned-crm.ts';
import { builtPackage } from './built-package.ts';
import { inProcess } from './in-process.ts';
import { inheritedEnvironment, killRunning, type Result, type Running, rowhook, start } from './rowhook.ts';

/** A folder with a config, beside the reference CRM whose owner it connects as. */
export interface Project extends OwnedCrm {
  readonly cwd: string;
  write(name: string, text: string): Promise<void>;
  /**
   * Runs a command to its end in the folder, in this process (but `start`, whose log and signals are a process's, as `published` does);
   * `$ROWHOOK_DATABASE_URL` is the owner's unless told otherwise.
   */
  rowhook(...args: string[]): Promise<Result>;
  /** The same in a process of its own, by the program as it is published. */
  published(...args: string[]): Promise<Result>;
  /** Runs a command that must go well with --json, and returns what it says. */
  json<Answer>(...args: string[]): Promise<Answer>;
  start(...args: string[]): Running;
  /** Also ends what still runs in it. */
  remove(): Promise<void>;
}

/** As data, because a config that has to be run takes longer than most commands: where that matters, a test writes `configInCode`. */
const config = JSON.stringify({ catalog: 'site-stacker', delivery: { allow: ['127.0.0.1'] } });
/** The same for `rowhook.config.ts`, which goes before one in JSON. */
export const configInCode = `import { defineConfig } from 'rowhook';
import { siteStacker } from 'rowhook/presets/site-stacker';
export default defineConfig({ catalog: siteStacker(), delivery: { allow: ['127.0.0.1'] } });`;

export async function project(env: Readonly<Record<string, string>> = {}): Promise<Project> {
  const crm = await ownedCrm();
  const cwd = await mkdtemp(join(tmpdir(), 'rowhook-cli-'));
  const options = { program: await builtPackage(), cwd, env: { ROWHOOK_DATABASE_URL: crm.url, ...env } };
  const published = (...args: string[]) => rowhook(args, options);
  const run = (...args: string[]) =>
    args.includes('start')
      ? published(...args)
      : inProcess(args, { cwd, env: { ...inheritedEnvironment(), ...options.env } });
  await writeFile(join(cwd, 'rowhook.config.json'), config);
  return {
    ...crm,
    cwd,
    write: (name, text) => writeFile(join(cwd, name), text),
    rowhook: run,
    published,
    async json<Answer>(...args: string[]) {
      const { code, stdout, stderr } = await run(...args, '--json');
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
