// `tsx tools/together.ts check build`: runs npm scripts side by side, as they use a processor each. What each has said is written when
// it has ended. Exit code 1 when one of them failed; all are heard first, so that all mistakes are known at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

async function run(script: string): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  process.stdout.write(`> ${script}\n${Buffer.concat(said)}`);
  if (code !== 0) process.stdout.write(`${script} failed\n`);
  return code === 0;
}

const done = await Promise.all(process.argv.slice(2).map(run));
process.exitCode = done.every(Boolean) ? 0 : 1;
