import type { Catalog } from '../catalog/types.ts';
import { amplo } from '../presets/amplo.ts';
import { siteStacker } from '../presets/site-stacker.ts';

/** The catalogs that a config may name. */
const presets = { 'site-stacker': siteStacker, amplo } as const;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

/** The preset of this name with its defaults, or undefined. */
export function presetNamed(name: string): Catalog | undefined {
  return Object.hasOwn(presets, name) ? presets[name as PresetName]() : undefined;
}
