import { expect } from 'chai';
import type { Story } from '../../src/explain/story.ts';
import { freePort } from '../../tools/free-port.ts';
import { allSteps, masked } from '../explain/explain-kit.ts';
import { waitUntil } from '../support/wait.ts';
import { type Project, project } from './project.ts';

describe('rowhook explain', function () {
  this.timeout(120_000);
  let crm: Project;
  before(async () => {
    crm = await project();
    await crm.json('install');
    // Nobody listens there.
    const url = `http://127.0.0.1:${await freePort()}/hook`;
    await crm.database.query(
      `insert into rowhook.endpoint (url, events) values ($1, '{person_create}'), ($1, '{person_update}')`,
      [url],
    );
  });
  after(async () => {
    await crm.remove();
    await crm.database.drop();
  });

  const usage = async (...args: string[]) => {
    const { code, stderr } = await crm.rowhook('explain', ...args);
    expect(code, args.join(' ')).to.equal(2);
    return stderr;
  };
  const refusal = async (...args: string[]) => {
    const { code, stdout, stderr } = await crm.rowhook('explain', ...args, '--json');
    expect([code, stdout], args.join(' ')).to.eql([1, '']);
    return (JSON.parse(stderr) as { error: { code: string; fix: string } }).error;
  };

  it('tells the whole story: while the daemon is down, and after it has tried', async () => {
    await crm.database.query(`update people set firstname = 'Grace' where id = 412`);
    const waiting = await crm.rowhook('explain', '--record', 'person:412', '--since', '1h');
    expect([waiting.code, waiting.stderr]).to.eql([0, '']);
    expect(masked(waiting.stdout)).to.equal(
      `
1 change of person:412 waits for the relay, and no relay is active: see whether a daemon runs.

it was updated, in a transaction of <time>: not read by the relay yet, which will make person_update of it (it is read next)
no relay is active: no daemon runs, or its relay fails, which its log tells
  → rowhook start
person has 3 events. A change of last_activity alone makes none and leaves no trace: afterwards nobody can know of it. Nor is a change seen before it is committed
`.trimStart(),
    );
    const daemon = crm.start('start');
    const story = await waitUntil(
      async () => {
        const told = await crm.json<Story>('explain', '--record', 'person:412', '--endpoint', '2');
        return allSteps(told.steps).some(({ code }) => code === 'attempt') && told;
      },
      { what: 'an attempt to be told', timeoutMs: 20_000 },
    );
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    expect(story.answer).to.match(
      /^person_update of person:412, of \S+Z: endpoint 2 has not got it yet: attempt 1 failed, because nobody listens there \(.*\); the next one is due at \S+Z\.$/,
    );
    const [event] = story.steps;
    const { event: eventId } = event!.facts;
    const text = await crm.rowhook('explain', String(eventId));
    expect(masked(text.stdout)).to.match(
      /^Endpoint 2 has not got it yet: attempt 1 failed, .*\n\nperson_update of person:412: changed <time>, made <time>, event <id>\n {2}endpoint 2 \(http:\/\/127\.0\.0\.1:<port>\/hook\), delivery <id>: waiting: .*\n {4}→ See whether the receiver runs, and on that port\.\n {4}attempt 1 at <time>: nobody listens there .*, after <duration>; the next one due at <time>\n {2}not subscribed to person_update: endpoint 1 \(.*, takes person_create\)\n$/,
    );
    const [delivery] = event!.steps;
    const one = await crm.json<Story>('explain', String(delivery!.facts.delivery));
    expect(one.answer).to.match(/^Endpoint 2 has not got it yet: /);
  });

  it('says what cannot be asked', async () => {
    expect(await usage('x', '--record', 'person:412')).to.contain('say what');
    expect(await usage('x', '--since', '1h')).to.contain('--since goes with --record');
    expect(await usage('--record', 'person:412', '--since', '2026-13-45')).to.contain('a time like');
    expect(await refusal('--record', 'person:x', '--since', '2026-01-01')).to.include({
      code: 'record_invalid',
    });
  });
});
