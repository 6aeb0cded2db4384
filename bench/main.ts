import { Command } from 'commander';
import { admin } from './admin.ts';
import { backlog } from './backlog.ts';
import { captureBulk } from './capture-bulk.ts';
import { captureSingle } from './capture-single.ts';
import { delivery } from './delivery.ts';
import { fairness } from './fairness.ts';
import { type Bench, benchServer, machine, type Result, round } from './harness.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { pinned } from './pinned.ts';
import { priority } from './priority.ts';
import { relayBench } from './relay.ts';
import { exitCode, figureLines, jsonLine } from './report.ts';

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
  .option('--json', 'one JSON object for each bench; where and how it was measured goes to stderr')
  .parse();
const options = program.opts<{ quick?: boolean; json?: boolean }>();
const wanted = program.args.length > 0 ? program.args : names;
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0)
  program.error(`there is no bench ${unknown.join(', ')}; there are ${names.join(', ')}`);

const results: Result[] = [];
for (const bench of benches.filter(({ name }) => wanted.includes(name))) {
  const start = performance.now();
  const progress = (text: string) => process.stderr.write(`${bench.name}: ${text}\n`);
  const server = await benchServer();
  try {
    const result = await bench.run({ server, quick: options.quick ?? false, progress });
    results.push(result);
    if (options.json) {
      for (const text of [machine(server), result.note]) progress(text);
      console.log(jsonLine(bench.name, result));
    } else {
      console.log(`\n${bench.name}: ${result.note}\n${machine(server)}\n${figureLines(result).join('\n')}`);
    }
  } finally {
    await server.close();
  }
  progress(`${round((performance.now() - start) / 1_000, 1)} s`);
}
process.exitCode = exitCode(results);
