import { pino } from 'pino';
import { createDaemon, defineCatalog, resolveConfig } from '../../src/index.ts';
import { catalogInput } from '../property/tables.ts';

/** The daemon of a soak, in a process of its own that can be killed: `daemon.ts <database url>`. */
const [database = ''] = process.argv.slice(2);
const config = resolveConfig({
  database,
  catalog: defineCatalog(catalogInput),
  delivery: { allow: ['127.0.0.0/8'] },
});
await createDaemon({ config, log: pino({ level: 'silent' }) }).start();
