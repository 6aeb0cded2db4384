import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../tools/free-port.ts';
import { builtPackage, root } from '../cli/built-package.ts';
import { type PackagedApp, packagedApp } from '../migrations/packaged-app.ts';
import { schemaDump } from '../migrations/schema-dump.ts';
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';
import { type Block, blocksOf, readDocument } from './documents.ts';

/** Not run here: what they start is run by tests of its own. Their scripts must exist. */
const elsewhere = [
  'npm ci && npm run demo',
  'npm run demo -- --once --json',
  'npm ci && npm test',
  'npm install rowhook knex pg',
];
/** They run until they are told to stop. */
const lasting = ['npx rowhook start', 'node receiver.js'];

describe("the README's installation", function () {
  this.timeout(120_000);
  let blocks: readonly Block[];
  let app: PackagedApp;
  let database: TestDatabase;
  let dump: string;
  let environment: Record<string, string>;
  const running = new Map<string, Background>();

  /** The README's port may be taken here, and its receiver is reached under it in several files. */
  let port: string;
  const placed = (text: string): string => text.replaceAll('8080', port);

  const commands = (): string[] =>
    blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.split('\n').filter((line) => line !== ''));
  const fileNamed = (name: string): string => placed(blocks.find(({ file }) => file === name)?.text ?? '');

  before(async () => {
    blocks = blocksOf(await readDocument('README.md'));
    port = String(await freePort());
    app = await packagedApp();
    await linkCommands(app);
    await app.write({ 'package.json': '{ "name": "shop", "private": true, "type": "module" }' });
    database = await createTestDatabase();
    const owner = await createRole(database, 'shop');
    await database.query(`alter database ${database.name} owner to ${owner.name}`);
    await database.query(`grant create on schema public to ${owner.name}`);
    await database.query(`set role ${owner.name}; ${fileNamed('tables.sql')}; reset role`);
    dump = await schemaDump(database);
    environment = { DATABASE_URL: owner.url };
    const files = blocks.filter(({ file }) => file !== undefined && file !== 'tables.sql');
    await app.write(Object.fromEntries(files.map(({ file, text }) => [file!, placed(text)])));
  });

  after(async () => {
    for (const process of running.values()) await process.stop();
    await database?.drop();
    await app?.remove();
  });

  it('names files and commands', () => {
    expect(blocks.flatMap(({ file }) => file ?? [])).to.include.members(['catalog.js', 'receiver.js']);
    expect(commands()).to.include.members([...elsewhere, ...lasting]);
  });

  it('asks for scripts that the package has', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(scripts).to.include.keys('demo', 'test');
  });

  it('type-checks', async () => {
    await app.write({
      'tsconfig.json': `{ "compilerOptions": { "strict": true, "allowJs": true, "module": "nodenext", "target": "es2023",
        "noEmit": true, "skipLibCheck": true, "types": ["node"] }, "include": ["rowhook.config.ts", "catalog.js"] }`,
    });
    await app.node(['node_modules/typescript/bin/tsc', '-p', '.']);
  });

  it('works, command by command', async () => {
    const printed = new Map<string, string>();
    for (const command of commands()) {
      if (elsewhere.includes(command)) continue;
      const variable = /^export (\w+)=(.*)$/.exec(command);
      if (variable) {
        environment[variable[1]!] ??= variable[2]!;
      } else if (lasting.includes(command)) {
        running.set(command, startInBackground(command, app.directory, environment));
        await ready(command);
      } else if (/^(npx (knex|rowhook)|node) /.test(command)) {
        if (command.startsWith('npx knex migrate:rollback')) await running.get('npx rowhook start')!.stop();
        const given = command.includes('<id>') ? command.replace('<id>', await paidDelivery()) : command;
        printed.set(command, await runToItsEnd(placed(given), app.directory, environment));
        if (command === 'node change.js') await arrivals();
      } else {
        throw new Error(`the README has a command that this test does not know: ${command}`);
      }
    }

    expect(printed.get('npx rowhook events')).to.match(/order_paid +order +public\.orders +transition/);
    expect(printed.get('npx rowhook endpoints list')).to.contain('/orders').and.to.contain('/everything');
    expect(printed.get('npx rowhook status')).to.match(/captured +2 of 2 tables\nrelay +active/);
    expect(printed.get('npx rowhook deliveries list')).to.match(/order_update +1 +succeeded/);
    expect(printed.get('npx rowhook deliveries show <id>'))
      .to.match(/> SiteStacker-Signature: [0-9a-f]{64}/)
      .and.to.contain('< 204');
    expect(printed.get('npx rowhook deliveries redeliver <id>')).to.contain('is due again');
    expect(await schemaDump(database)).to.equal(dump);
  });

  /** What a lasting command is for is there. */
  async function ready(command: string): Promise<void> {
    const { output, exited } = running.get(command)!;
    await waitUntil(
      () => {
        if (exited()) throw new Error(output());
        return output().includes(command === 'npx rowhook start' ? 'rowhook is running' : 'listening');
      },
      { what: `what ${command} is for`, timeoutMs: 20_000 },
    );
  }

  /** The receiver prints only what has a valid signature. */
  async function arrivals(): Promise<void> {
    const { output } = running.get('node receiver.js')!;
    const lines = await waitUntil(
      () => {
        const events = output()
          .split('\n')
          .filter((line) => line.startsWith('order_'));
        return events.length >= 5 && events;
      },
      { what: 'two deliveries to one endpoint, and three to the other' },
    );
    expect(lines.map((line) => line.split(' ')[0]).sort()).to.deep.equal([
      'order_create',
      'order_create',
      'order_paid',
      'order_paid',
      'order_update',
    ]);
    const { created_at, ...body } = JSON.parse(
      lines.find((line) => line.startsWith('order_paid '))!.slice(11),
    );
    expect(created_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(body).to.deep.equal({
      id: '1',
      total: '75.00',
      paid: true,
      customer: { id: '1', name: 'Ada Lovelace', email: 'ada@example.net' },
    });
    const { rows } = await database.query(
      `select distinct request_id from rowhook.event where name = 'order_create'`,
    );
    expect(rows).to.deep.equal([{ request_id: 'checkout-4711' }]);
  }

  /** An id from the listing, once the delivery has ended. */
  async function paidDelivery(): Promise<string> {
    return waitUntil(
      async () => {
        const { rows } = await database.query<{ id: string }>(
          `select delivery_id as id from rowhook.attempt join rowhook.event on event.id = event_id
            where name = 'order_paid' and verdict = 'succeeded'`,
        );
        return rows[0]?.id;
      },
      { what: 'the attempt of order_paid' },
    );
  }
});

/** As npm puts the commands of packages there. */
async function linkCommands({ directory }: PackagedApp): Promise<void> {
  await chmod(join(await builtPackage(), 'dist/cli/main.js'), 0o755);
  const bin = join(directory, 'node_modules/.bin');
  await mkdir(bin);
  await symlink('../knex/bin/cli.js', join(bin, 'knex'));
  await symlink('../rowhook/dist/cli/main.js', join(bin, 'rowhook'));
}

interface Background {
  output(): string;
  exited(): boolean;
  /** Asks all of its processes to end, and waits for that. Safe to call twice. */
  stop(): Promise<void>;
}

const { ROWHOOK_DATABASE_URL: _, DATABASE_URL: __, ...inherited } = process.env;

function shell(command: string, cwd: string, env: Readonly<Record<string, string>>): ChildProcess {
  return spawn('sh', ['-c', command], {
    cwd,
    // What is not here must not come from the registry.
    env: { ...inherited, npm_config_offline: 'true', npm_config_update_notifier: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

function gather(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

async function runToItsEnd(
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = shell(command, cwd, env);
  const output = gather(child);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output()}`);
  return output();
}

function startInBackground(command: string, cwd: string, env: Readonly<Record<string, string>>): Background {
  const child = shell(command, cwd, env);
  const output = gather(child);
  const closed = once(child, 'close');
  const signal = (name: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, name);
  };
  // A test that fails must not leave them behind.
  process.once('exit', () => signal('SIGKILL'));
  return {
    output,
    exited: () => child.exitCode !== null,
    async stop() {
      signal('SIGTERM');
      await closed;
    },
  };
}
