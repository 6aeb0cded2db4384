import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Language, ModuleKind } from './file.ts';

/** What a folder says of the migrations that belong into it. */
export interface Surroundings {
  readonly language: Language;
  /** `module` in the package.json that is the nearest. */
  readonly packageModule: ModuleKind;
  /** The knexfile that is the nearest, if there is one. */
  readonly knexfile: string | undefined;
}

const knexfiles = ['ts', 'js', 'mjs', 'cjs'].map((extension) => `knexfile.${extension}`);

/**
 * Looks upwards from a folder. TypeScript where knex itself is told of in TypeScript, or where there is no knexfile but a
 * tsconfig.json; else JavaScript, in the kind of module that package.json says.
 */
export async function detectSurroundings(folder: string): Promise<Surroundings> {
  const knexfile = findUp(folder, knexfiles);
  const packageFile = findUp(folder, ['package.json']);
  const tsconfig = findUp(folder, ['tsconfig.json']);
  const typescript = knexfile ? knexfile.endsWith('.ts') : tsconfig !== undefined;
  return {
    language: typescript ? 'ts' : 'js',
    packageModule: packageFile && (await packageType(packageFile)) === 'module' ? 'esm' : 'cjs',
    knexfile,
  };
}

async function packageType(path: string): Promise<unknown> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as { type?: unknown }).type;
  } catch {
    return undefined;
  }
}

function findUp(folder: string, names: readonly string[]): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const found = names.map((name) => join(at, name)).find((path) => existsSync(path));
    if (found !== undefined || dirname(at) === at) return found;
  }
}

/** The kind of module that a migration is, where nobody says so. TypeScript is written with `export` also where it becomes CommonJS. */
export const usualModule = (language: Language, packageModule: ModuleKind): ModuleKind =>
  language === 'ts' ? 'esm' : packageModule;

/** The extension by which Node knows the kind of a module. Pure. */
export function extensionOf(language: Language, module: ModuleKind, packageModule: ModuleKind): string {
  if (language === 'ts') return module === 'cjs' && packageModule === 'esm' ? 'cts' : 'ts';
  if (module === packageModule) return 'js';
  return module === 'esm' ? 'mjs' : 'cjs';
}

/** What knex looks for by itself; for others a knexfile needs `migrations.loadExtensions`. */
export const knexLoads = (extension: string): boolean => ['js', 'cjs', 'ts'].includes(extension);

/** `20260105090000_rowhook.ts`, by UTC, as knex names its own. Pure. */
export function migrationFileName(name: string, extension: string, at: Date): string {
  const stamp = at.toISOString().replace(/\D/g, '').slice(0, 14);
  return `${stamp}_${name}.${extension}`;
}
