import { pino } from 'pino';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay } from '../../src/relay/relay.ts';

/* A relay in a process of its own, which can be frozen. Arguments: the database's URL, and options in JSON. */
const [url = '', options = '{}'] = process.argv.slice(2);
const log = pino({ level: 'info' });
const connection = { connectionString: url };
const bell = createBell({ connection, log });
const relay = createRelay({
  connection,
  catalog: siteStacker(),
  log,
  bell,
  onDeliveries: () => {},
  ...(JSON.parse(options) as { pollMs?: number; frozenMs?: number }),
});
await bell.start();
await relay.start();
