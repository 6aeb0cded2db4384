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
  'npm run demo -- --system amplo',
  'npm run demo -- --once --json',
  'npm run demo -- --system amplo --once --json',
  'npm ci && npm test',
  'npm install rowhook knex pg',
];
const forwarding = 'npx rowhook start --forward-to http://127.0.0.1:8080/hooks';
const plain = 'npx rowhook start';
/** They run until they are told to stop. */
const lasting = [forwarding, plain, 'node receiver.js'];

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
  });

  after(async () => {
    for (const process of running.values()) await process.stop();
    await database?.drop();
    await app?.remove();
  });

  it('names files and commands', () => {
    expect(blocks.flatMap(({ file }) => file ?? [])).to.include.members(['rowhook.config.ts', 'receiver.js']);
    expect(commands()).to.include.members([...elsewhere, ...lasting]);
  });

  it('asks for scripts that the package has', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(scripts).to.include.keys('demo', 'test');
  });

  it('works, file by file and command by command', async () => {
    const printed = new Map<string, string>();
    for (const { file, language, text } of blocks) {
      if (file !== undefined && file !== 'tables.sql') await app.write({ [file]: placed(text) });
      if (language !== 'sh') continue;
      for (const command of text.split('\n').filter((line) => line !== '')) await run(command, printed);
    }

    expect(printed.get('npx rowhook init --database "$DATABASE_URL" --tables customers,orders'))
      .to.contain('2 tables, 6 events')
      .and.to.contain('npx rowhook start --forward-to');
    expect(printed.get('npx rowhook check')).to.match(
      /create index concurrently on "?public"?\."?orders"? \("?customer_id"?\)/i,
    );
    expect(printed.get('npx rowhook events')).to.match(/order_paid +order +public\.orders +transition/);
    expect(printed.get('npx rowhook endpoints list')).to.contain('/hooks').and.to.contain('/paid');
    expect(printed.get('npx rowhook status')).to.match(
      /captured +2 of 2 tables\ndrift +none\ngaps +none\nrelay +active/,
    );
    expect(printed.get('npx rowhook deliveries list')).to.match(/order_update +\d+ +succeeded/);
    expect(printed.get('npx rowhook deliveries show <id>'))
      .to.match(/> webhook-signature: v1,\S{44}/)
      .and.to.contain('< 204');
    expect(printed.get('npx rowhook deliveries redeliver <id>')).to.contain('is due again');
    expect(await schemaDump(database)).to.equal(dump);
  });

  it('has a config that type-checks', async () => {
    await app.write({
      'tsconfig.json': `{ "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2023",
        "noEmit": true, "skipLibCheck": true, "types": ["node"] }, "include": ["rowhook.config.ts"] }`,
    });
    await app.node(['node_modules/typescript/bin/tsc', '-p', '.']);
  });

  async function run(command: string, printed: Map<string, string>): Promise<void> {
    if (elsewhere.includes(command)) return;
    const variable = /^export (\w+)=(.*)$/.exec(command);
    if (variable) {
      environment[variable[1]!] ??= variable[1] === 'WEBHOOK_SECRET' ? printedSecret() : variable[2]!;
    } else if (lasting.includes(command)) {
      running.set(command, startInBackground(placed(command), app.directory, environment));
      await ready(command);
    } else if (/^(npx (knex|rowhook)|node) /.test(command)) {
      // As the text between the commands says.
      if (command === 'npx rowhook check') await running.get(forwarding)!.stop();
      if (command.startsWith('npx knex migrate:rollback')) await running.get(plain)!.stop();
      const given = command.includes('<id>') ? command.replace('<id>', await paidDelivery()) : command;
      printed.set(command, await runToItsEnd(placed(given), app.directory, environment));
      if (command === 'node change.js') await (running.has(plain) ? laterArrivals() : firstArrivals());
    } else {
      throw new Error(`the README has a command that this test does not know: ${command}`);
    }
  }

  function printedSecret(): string {
    const [secret] = /whsec_\S+/.exec(running.get(forwarding)!.output()) ?? [];
    if (!secret) throw new Error(`no secret in: ${running.get(forwarding)!.output()}`);
    return secret;
  }

  /** What a lasting command is for is there. */
  async function ready(command: string): Promise<void> {
    const { output, exited } = running.get(command)!;
    await waitUntil(
      () => {
        if (exited()) throw new Error(output());
        return output().includes(command === 'node receiver.js' ? 'listening' : 'rowhook is running');
      },
      { what: `what ${command} is for`, timeoutMs: 20_000 },
    );
  }

  /** Events that the receiver has printed, after their signatures were verified. */
  async function arrived(count: number): Promise<Array<{ name: string; body: { data: object } }>> {
    const { output } = running.get('node receiver.js')!;
    const lines = await waitUntil(
      () => {
        const events = output()
          .split('\n')
          .filter((line) => line.startsWith('order_'));
        return events.length >= count && events;
      },
      { what: `${count} deliveries in all` },
    );
    return lines.map((line) => ({
      name: line.slice(0, line.indexOf(' ')),
      body: JSON.parse(line.slice(line.indexOf(' '))),
    }));
  }

  async function firstArrivals(): Promise<void> {
    const events = await arrived(2);
    expect(events.map(({ name }) => name)).to.have.members(['order_create', 'order_update']);
    expect(events[0]!.body.data).to.include({ id: '1', customer_id: '1', total: '75.00' });
    await waitUntil(() => running.get('node receiver.js')!.output().includes('ping '), {
      what: 'the ping, at its second try',
      timeoutMs: 30_000,
    });
    const { rows } = await database.query(
      `select distinct request_id from rowhook.event where name = 'order_create'`,
    );
    expect(rows).to.deep.equal([{ request_id: 'checkout-4711' }]);
  }

  async function laterArrivals(): Promise<void> {
    const events = (await arrived(7)).slice(2);
    expect(events.map(({ name }) => name).sort()).to.deep.equal([
      'order_create',
      'order_create',
      'order_paid',
      'order_paid',
      'order_update',
    ]);
    const paid = events.find(({ name }) => name === 'order_paid')!;
    const { created_at, ...data } = paid.body.data as Record<string, unknown>;
    expect(created_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(data).to.deep.equal({
      id: '2',
      total: '75.00',
      paid: true,
      customer: { id: '1', name: 'Ada Lovelace', email: 'ada@example.net' },
    });
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
