import { expect } from 'chai';
import { waitUntil } from '../support/wait.ts';
import { DemoProcess, left } from './demo-process.ts';

/** `12:03:04 person_update   412 Maren Okafor   7.2 ms  200   1   API: PATCH /api/people/412` */
const arrivalLine =
  /^\d\d:\d\d:\d\d ([a-z_]+) +(.+?) +(- |[\d.]+ m?s) +(\d{3}|closed) +(\d+) +(API|SQL|somebody)/;

describe('demo, live', function () {
  this.timeout(60_000);
  let demo: DemoProcess;

  afterEach(() => demo.kill());

  it('shows what arrives, what it has failed on purpose, and what one changes with the commands that it prints', async () => {
    demo = new DemoProcess('--duration', '8', '--system', 'site-stacker');
    await demo.says(/time +event +record +latency +status +try/);
    const commands = [...demo.stdout.matchAll(/^ +curl (?:-X (\w+) )?(\S+)(?: -d '(.*)')?$/gm)];
    const answers: unknown[] = [];
    for (const [, method = 'GET', url = '', body] of commands) {
      const response = await fetch(url, { method, body: body ?? null });
      answers.push([method, response.status]);
    }
    expect(answers).to.deep.equal([
      ['GET', 200],
      ['PATCH', 200],
      ['POST', 200],
    ]);
    // The admin page, whose URL lets in whoever sees the terminal.
    const [, page = '', token = ''] = demo.stdout.match(/^ +(http:\S+)#token=(\S+)$/m) ?? [];
    expect((await fetch(page)).headers.get('content-type')).to.match(/^text\/html/);
    const signedIn = await fetch(new URL('api/v1/endpoints', page.replace(/\/*$/, '/')), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(((await signedIn.json()) as { endpoints: unknown[] }).endpoints).to.have.length(1);
    for (const event of ['person_update +412', 'recurring_update +215', 'recurring_cancel +215'])
      await demo.says(new RegExp(`^\\S+ ${event} .*somebody else$`, 'm'));

    expect(await demo.ended(), demo.stderr).to.equal(0);
    const lines = demo.stdout.split('\n');
    const arrivals = lines.flatMap((line) => line.match(arrivalLine) ?? []);
    expect(arrivals.length / 7).to.be.at.least(10);
    const failure = lines.findIndex((line) => / 500 +1 /.test(line));
    expect(lines[failure + 1]).to.match(/↳ answered 500 on purpose: attempt 2 is due at \d\d:\d\d:\d\d$/);
    expect(demo.stdout).to.match(
      /^changes \d+ +arrived \d+ \([\d.]+\/s\) +taken \d+ +failed on purpose [1-9]/m,
    );
    expect(demo.stdout).to.match(/^latency p50 [\d.]+ ms, p99 [\d.]+ m?s +repeats 0 +bad signatures 0$/m);
    expect(demo.stdout).to.match(/^waiting for a retry [1-9], the next due at \d\d:\d\d:\d\d/m);
    // Neither colours nor movements of the cursor, when nobody looks at a terminal.
    expect(demo.stdout).not.to.include('\x1b');
  });

  it('shows Amplo in the same way, with an unsigned delivery of somebody else’s change', async () => {
    demo = new DemoProcess('--duration', '8', '--system', 'amplo');
    await demo.says(/time +event +record +latency +status +try/);
    const commands = [...demo.stdout.matchAll(/^ +curl (?:-X (\w+) )?(\S+)(?: -d '(.*)')?$/gm)];
    const answers: unknown[] = [];
    for (const [, method = 'GET', url = '', body] of commands) {
      const response = await fetch(url, { method, body: body ?? null });
      answers.push([method, response.status]);
    }
    expect(answers).to.deep.equal([
      ['GET', 200],
      ['PATCH', 200],
      ['POST', 201],
    ]);
    await demo.says(/^\S+ donation +…8f9012 .*somebody else$/m);
    expect(await demo.ended(), demo.stderr).to.equal(0);
    const lines = demo.stdout.split('\n');
    expect(lines.flatMap((line) => line.match(arrivalLine) ?? []).length / 7).to.be.at.least(8);
    const failure = lines.findIndex((line) => / 500 +1 /.test(line));
    expect(lines[failure + 1]).to.match(/↳ answered 500 on purpose: attempt 2 is due at \d\d:\d\d:\d\d$/);
    expect(demo.stdout).to.match(/^latency p50 [\d.]+ ms, p99 [\d.]+ m?s +repeats 0 +bad signatures 0$/m);
  });

  for (const [name, times] of [
    ['once', 1],
    ['three times at once, as npm and tsx hand it on', 3],
  ] as const) {
    it(`takes everything down at Ctrl-C: ${name}`, async () => {
      demo = new DemoProcess();
      await demo.says(arrivals(2));
      const belongings = await demo.belongings();
      for (let i = 0; i < times; i += 1) demo.signalGroup('SIGINT');
      expect(await demo.ended(), demo.stderr).to.equal(0);
      expect(belongings.pids).to.have.length.of.at.least(3);
      expect(left(belongings)).to.deep.equal([]);
    });
  }

  it('takes everything down at Ctrl-C while it is being set up', async () => {
    demo = new DemoProcess();
    await demo.says(/Postgres 18/, 'stderr');
    const belongings = await demo.belongings();
    demo.signalGroup('SIGINT');
    expect(await demo.ended(), demo.stderr).to.equal(130);
    expect(left(belongings)).to.deep.equal([]);
  });

  it('leaves nothing when it is killed', async () => {
    demo = new DemoProcess();
    await demo.says(arrivals(2));
    const belongings = await demo.belongings();
    demo.signalGroup('SIGKILL');
    await waitUntil(() => left(belongings).length === 0, { what: 'Postgres and the daemon to be gone' });
  });

  it('ends with an error when the daemon ends', async () => {
    demo = new DemoProcess();
    const [, pid] = await demo.says(/rowhook start, process (\d+)/);
    await demo.says(arrivals(1));
    const belongings = await demo.belongings();
    process.kill(Number(pid), 'SIGKILL');
    expect(await demo.ended()).to.equal(1);
    expect(demo.stderr).to.match(/the daemon has ended \(SIGKILL\); it said last:/);
    expect(left(belongings)).to.deep.equal([]);
  });

  /** So many lines of arrivals. */
  const arrivals = (count: number) => new RegExp(`(${arrivalLine.source.slice(1)}[^]*){${count}}`);
});
