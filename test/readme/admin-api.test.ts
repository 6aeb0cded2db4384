import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { Hono } from 'hono';
import { pino } from 'pino';
import { createServedAdmin } from '../../src/admin/served.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createPool } from '../../src/store/connect.ts';
import { inProcess, installedDatabase } from '../cli/in-process.ts';
import { failed, minutesAgo } from '../delivery/bulk-kit.ts';
import { addEndpoint } from '../delivery/queue.ts';
import { waitUntil } from '../support/wait.ts';
import { blocksOf, readDocument } from './documents.ts';

describe('docs/admin-api.md', () => {
  const log = pino({ level: 'silent' });
  const newToken = 'npx rowhook admin new-token --name deploy --role operator';
  let environment: Record<string, string> = {};
  let closing: Array<() => Promise<unknown>> = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    environment = {};
    closing = [];
  });

  const start = (command: string) => {
    const child = spawn('sh', ['-c', command], { env: { PATH: process.env.PATH ?? '', ...environment } });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    return { child, text: () => text };
  };
  const run = async (command: string): Promise<string> => {
    const { child, text } = start(command);
    const [code] = await once(child, 'close');
    expect(code, command).to.equal(0);
    return text();
  };

  it('has commands that work, one after the other', async () => {
    const db = await installedDatabase();
    const endpoint = await addEndpoint(db, 'http://127.0.0.1:9/');
    const [delivery = ''] = await failed(db, endpoint, 3, { key: '412' });
    const blocks = blocksOf(await readDocument('docs/admin-api.md'));
    const commands = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.split('\n').filter((line) => line !== ''));

    expect(commands).to.include(newToken);
    const made = await inProcess(newToken.split(' ').slice(2), { cwd: '/', env: {} });
    const [name = '', role, token = ''] = made.stdout.trim().split(':');
    expect([name, role]).to.deep.equal(['deploy', 'operator']);
    // The daemon's pool, which reads values as ours are read.
    const pool = createPool(db.url, 4, () => {});
    closing.push(() => pool.end());
    const server = createServedAdmin({
      ...{ host: '127.0.0.1', port: 0, anyPort: false, tellsMetrics: false, metricsApp: new Hono(), log },
      tokens: [{ name, role: 'operator', token }],
      db: pool,
      catalog: siteStacker(),
    });
    await server.start();
    closing.push(() => server.stop());
    const api = `${server.url()}api/v1`;

    const places: Record<string, string> = {
      '<token>': token,
      '<delivery>': delivery,
      '<since>': minutesAgo(60).toISOString(),
    };
    const answers: string[] = [];
    for (const written of commands) {
      if (written === newToken) continue;
      const command = written.replace(
        /<\w+>/g,
        (place) => places[place] ?? expect.fail(`${place}: ${written}`),
      );
      const variable = /^export (\w+)=(\S+)$/.exec(command);
      if (variable) {
        environment[variable[1]!] = variable[1] === 'API' ? api : variable[2]!;
      } else if (command.includes('-sN')) {
        const listening = start(`exec ${command}`);
        closing.push(async () => {
          listening.child.kill();
          await once(listening.child, 'close');
        });
        await waitUntil(
          async () => {
            await failed(db, endpoint, 1, { minutes: 0 });
            return listening.text().includes('event: deliveries');
          },
          { what: 'an event of a delivery' },
        );
      } else {
        const answer = await run(command);
        answers.push(answer);
        const [, version] = /^etag: "(.+)"/im.exec(answer) ?? [];
        if (version !== undefined) places['<version>'] = version;
        if (command.endsWith('/bulk-jobs')) places['<job>'] = JSON.parse(answer).id;
      }
    }

    const [
      session,
      unknown,
      endpoints,
      exhausted,
      ofRecord,
      ,
      patched,
      paused,
      resumed,
      audit,
      shown,
      again,
      ...bulk
    ] = answers.map((answer) => (answer.startsWith('{') ? JSON.parse(answer) : answer));
    const example = blocks.find(({ language }) => language === 'json')!;
    expect(unknown).to.deep.equal(JSON.parse(example.text));
    expect(session.user).to.deep.equal({ name: 'deploy', role: 'operator' });
    expect(endpoints.endpoints).to.have.length(1);
    expect([exhausted.deliveries.length, ofRecord.deliveries.length]).to.deep.equal([3, 0]);
    expect(patched.description).to.equal('Orders of the shop');
    expect([paused.status, resumed.endpoint.status]).to.deep.equal(['paused', 'active']);
    expect(audit.entries.map(({ action }: { action: string }) => action)).to.deep.equal([
      'endpoint_resume',
      'endpoint_pause',
      'endpoint_update',
    ]);
    expect([shown.state, again.id ?? delivery]).to.deep.equal(['exhausted', delivery]);
    const [counted, asked, job, cancelled] = bulk;
    expect(counted.deliveries).to.deep.equal({ count: 2, atLeast: false });
    expect([asked.state, job.state, cancelled.state]).to.deep.equal(['running', 'running', 'cancelled']);
    expect(bulk).to.have.length(4);
  });
});
