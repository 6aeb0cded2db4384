import { pino } from 'pino';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createBell } from '../../src/relay/bell.ts';
import { createRelay } from '../../src/relay/relay.ts';

// A relay in a process of its own, whose memory can be told. Asked on stdin to stop, it prints in MB by how much more than before its
// start it has ever held.
const [connectionString] = process.argv.slice(2);
const connection = { connectionString };
const log = pino({ level: 'silent' });
const bell = createBell({ connection, log });
const relay = createRelay({ connection, catalog: siteStacker(), log, bell, onDeliveries: () => {} });
// maxRSS is in kB.
const peakMb = () => (process.resourceUsage().maxRSS * 1_024) / 1e6;
const before = peakMb();
await bell.start();
await relay.start();
process.stdin.once('data', async () => {
  await relay.stop();
  await bell.stop();
  console.log(peakMb() - before);
  process.stdin.destroy();
});
