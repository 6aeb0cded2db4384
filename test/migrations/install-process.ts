/** Installs and captures, when told so by a line on stdin: one of several processes that do it at once. */
import { once } from 'node:events';
import { capture, install } from '../../src/migrations.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { withKnex } from './owned-crm.ts';

await withKnex(process.argv[2] ?? '', async (knex) => {
  await knex.raw('select 1');
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  await install(knex);
  await capture(knex, siteStacker());
});
process.stdin.destroy();
