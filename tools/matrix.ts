import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { isGreen, lastCounts } from './matrix-counts.ts';

/*
 * The tests of whatever speaks to the server in SQL of its own, on every Postgres and every Node that rowhook supports: capture, relay, delivery, what the
 * store reads, the admin API, histories against their model, drift, payloads from elsewhere. The servers and Nodes come from the npm
 * registry (tools/matrix/package.json) and are installed by the first run.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const home = join(root, 'tools/matrix');
const parts = ['capture', 'relay', 'delivery', 'store', 'admin/api', 'property', 'drift', 'sources'];

const { dependencies } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const versions = (name: string) =>
  Object.keys(dependencies).flatMap((each) => (each.startsWith(name) ? [each.slice(name.length)] : []));

const program = new Command('matrix')
  .option('--postgres <versions>', 'major versions, separated by commas', (text) => text.split(','))
  .option('--node <versions>', 'major versions, separated by commas', (text) => text.split(','))
  .argument('[parts...]', `folders of test (default: ${parts.join(', ')})`)
  .parse();
const options = program.opts<{ postgres?: string[]; node?: string[] }>();
const folders = program.args.length > 0 ? program.args : parts;

/** Every Postgres on this Node, and every other Node on the newest Postgres; or just what is asked for, each with each. */
function pairs(): Array<{ postgres: string; node: string }> {
  const newest = versions('postgres').at(-1)!;
  const here = process.versions.node.split('.')[0]!;
  if (options.postgres && options.node) {
    return options.postgres.flatMap((postgres) => options.node!.map((node) => ({ postgres, node })));
  }
  const byPostgres = (options.postgres ?? (options.node ? [] : versions('postgres'))).map((postgres) => ({
    postgres,
    node: here,
  }));
  const byNode = (
    options.node ?? (options.postgres ? [] : versions('node').filter((node) => node !== here))
  ).map((node) => ({ postgres: newest, node }));
  return [...byPostgres, ...byNode];
}

async function install(): Promise<void> {
  if (existsSync(join(home, 'node_modules/.package-lock.json'))) return;
  console.log('Installing servers and Nodes, some 800 MB');
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: home });
}

/** The counts that our reporter ends with; undefined where it did not get there. */
async function test({ postgres, node }: { postgres: string; node: string }): Promise<string | undefined> {
  const program = join(home, `node_modules/node${node}/bin/node`);
  if (!existsSync(program)) {
    throw new Error(`Node ${node} is not installed. Remove ${home}/node_modules and run this again.`);
  }
  const output = await run(
    program,
    [
      join(root, 'node_modules/mocha/bin/mocha.js'),
      ...['--no-config', '--node-option', 'import=tsx', '--require', 'test/support/suite.ts'],
      ...[
        '--reporter',
        'test/support/reporter.ts',
        '--timeout',
        '60000',
        '--forbid-only',
        '--forbid-pending',
      ],
      ...folders.map((folder) => `test/${folder}/**/*.test.ts`),
    ],
    { cwd: root, env: { ...process.env, ROWHOOK_TEST_POSTGRES: postgres } },
  );
  return lastCounts(output);
}

/** Shows what it writes, and returns it. */
async function run(program: string, args: readonly string[], options: SpawnOptions): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    output += text;
  });
  await once(child, 'close');
  return output;
}

await install();
const outcomes: string[] = [];
for (const pair of pairs()) {
  const name = `Postgres ${pair.postgres}, Node ${pair.node}`;
  console.log(`\n${name}`);
  const counts = await test(pair);
  if (!isGreen(counts)) process.exitCode = 1;
  outcomes.push(`${name.padEnd(24)} ${counts ?? 'did not end'}`);
}
console.log(`\n${outcomes.join('\n')}`);
