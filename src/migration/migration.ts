import type { Changes } from '../install/changes.ts';
import type { Queryable } from '../store/sql.ts';
import type { Language, ModuleKind } from './file.ts';
import { extensionOf, migrationFileName, type Surroundings, usualModule } from './file-name.ts';
import { isEmpty, migrationSteps } from './steps.ts';
import { migrationText, summary } from './text.ts';

export interface MigrationOptions {
  /** The middle of the file's name: letters, digits and `_`. */
  readonly name: string;
  /** Default: as the surroundings have it. */
  readonly language?: Language | undefined;
  readonly module?: ModuleKind | undefined;
  readonly releaseOthers: boolean;
  readonly surroundings: Surroundings;
  readonly version: string;
  readonly catalog: string;
  readonly now: Date;
}

export interface Migration {
  readonly fileName: string;
  readonly extension: string;
  readonly text: string;
  /** What it does, a line for each step. */
  readonly changes: readonly string[];
}

/** The migration for what is to change, frozen; undefined where nothing is. */
export async function createMigration(
  db: Queryable,
  changes: Changes,
  options: MigrationOptions,
): Promise<Migration | undefined> {
  const steps = await migrationSteps(db, changes, options);
  if (isEmpty(steps)) return undefined;
  const { surroundings, version, catalog, now } = options;
  const language = options.language ?? surroundings.language;
  const module = options.module ?? usualModule(language, surroundings.packageModule);
  const extension = extensionOf(language, module, surroundings.packageModule);
  return {
    fileName: migrationFileName(options.name, extension, now),
    extension,
    text: migrationText(steps, { language, module, version, catalog, writtenAt: now }),
    changes: summary(steps),
  };
}
