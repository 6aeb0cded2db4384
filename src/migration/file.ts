export type Language = 'ts' | 'js';
export type ModuleKind = 'esm' | 'cjs';

export interface MigrationFile {
  readonly language: Language;
  readonly module: ModuleKind;
  /** Of the program that writes it. */
  readonly version: string;
  /** The catalog's name. */
  readonly catalog: string;
  readonly writtenAt: Date;
}
