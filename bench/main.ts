import { Command } from 'commander';
import { admin } from './admin.ts';
import { backlog } from './backlog.ts';
import { captureBulk } from './capture-bulk.ts';
import { captureSingle } from './capture-single.ts';
import { delivery } from './delivery.ts';
import { fairness } from './fairness.ts';
import { type Bench, benchServer, kept, machine, type Result } from './harness.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { pinned } from './pinned.ts';
import { priority } from './priority.ts';
import { relayBench } from './relay.ts';

const benches: readonly Bench[] = [
  captureSingle,
  captureBulk,
  relayBench,
  delivery,
  fairness,
  latency,
  backlog,
  pinned,
  memory,
  priority,
  admin,
];
const names = benches.map((bench) => bench.name);

const program = new Command('bench')
  .argument('[names...]', `which: ${names.join(', ')} (default: all)`)
  .option('--quick', 'fewer and shorter rounds')
  .option('--json', 'one JSON object for each bench')
  .parse();
const options = program.opts<{ quick?: boolean; json?: boolean }>();
const wanted = program.args.length > 0 ? program.args : names;
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0)
  program.error(`there is no bench ${unknown.join(', ')}; there are ${names.join(', ')}`);

let ok = true;
for (const bench of benches.filter(({ name }) => wanted.includes(name))) {
  const server = await benchServer();
  try {
    const progress = (text: string) => process.stderr.write(`${bench.name}: ${text}\n`);
    const result = await bench.run({ server, quick: options.quick ?? false, progress });
    ok &&= kept(result);
    if (options.json) console.log(JSON.stringify({ bench: bench.name, ...result, ok: kept(result) }));
    else show(bench.name, result, machine(server));
  } finally {
    await server.close();
  }
}
process.exitCode = ok ? 0 : 1;

function show(name: string, { metrics, bars, note }: Result, where: string): void {
  console.log(`\n${name}: ${note}\n${where}`);
  for (const [metric, value] of Object.entries(metrics)) {
    const bar = bars[metric];
    const bound = bar ? (bar.min === undefined ? `at most ${bar.max}` : `at least ${bar.min}`) : '';
    const verdict = bar && !kept({ metrics, bars: { [metric]: bar }, note }) ? 'MISSED' : '';
    console.log(`  ${metric.padEnd(24)} ${String(value).padStart(10)}  ${bound} ${verdict}`.trimEnd());
  }
}
