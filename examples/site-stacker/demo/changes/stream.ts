import { type Happening, shuffled } from '../../../demo/chance.ts';
import { giving } from './stream-giving.ts';
import { living } from './stream-living.ts';

export const changesAtRandom = (): Happening => shuffled([...living, ...giving]);
