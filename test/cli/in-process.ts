import pg from 'pg';
import { installSchema } from '../../src/store/schema.ts';
import { createTestDatabase, type TestDatabase, withTemplate } from '../support/database.ts';
import type { Result } from './rowhook.ts';

/** A database with rowhook installed and nothing else: for commands that ask for no tables of the catalog. */
export async function installedDatabase(): Promise<TestDatabase> {
  const template = await withTemplate('rowhook-installed', async (url) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await installSchema(client);
    await client.end();
  });
  return createTestDatabase({ template });
}

/** Where a command runs. Nothing else of this process counts. */
export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a command to its end as src/cli/main.ts does, in this process: for what does not end with a signal, and where starting a
 * process for each command would be most of the test.
 */
export async function inProcess(args: readonly string[], { cwd, env }: Place): Promise<Result> {
  let stdout = '';
  let stderr = '';
  const json = args.includes('--json');
  // Both in one way: a test file may itself be loaded by `require`, and its classes of errors are others than those of the commands.
  const { createProgram } = await import('../../src/cli/program.ts');
  const { describeFailure } = await import('../../src/cli/failure.ts');
  const program = await createProgram(args, {
    version: '0.0.0',
    json,
    cwd,
    env,
    terminal: undefined,
    now: () => new Date(),
    write: (text) => {
      stdout += text;
    },
    writeError: (text) => {
      stderr += text;
    },
    signals: { onStop: () => () => {} },
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { text, exitCode } = describeFailure(error, json);
    return { code: exitCode, stdout, stderr: stderr + text };
  }
}

/** The answer of a command that must go well with --json. */
export async function jsonInProcess<Answer>(args: readonly string[], place: Place): Promise<Answer> {
  const { code, stdout, stderr } = await inProcess([...args, '--json'], place);
  if (code !== 0 || stderr !== '') throw new Error(`rowhook ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Answer;
}
