import { expect } from 'chai';
import type { SetAsideAnswer, SetAsideRequest } from '../../src/store/set-aside.ts';
import { type Project, project } from './project.ts';

describe('rowhook set-aside', function () {
  this.timeout(60_000);
  let app: Project;
  before(async () => {
    app = await project();
    await app.json('install');
    await app.database.query(
      `insert into rowhook.set_aside (resource, record_key, reason, detail, retry_at)
       values ('person', '7', 'payload_failed', 'SQLSTATE 22012', now() + interval '1 hour');
       insert into rowhook.set_aside_event (resource, record_key, event)
       values ('person', '7', '{"name": "person_update", "resourceName": "person", "key": "7"}'),
         ('person', '7', '{"name": "person_update", "resourceName": "person", "key": "7"}')`,
    );
  });
  after(() => app.remove());

  it('lists the records with why and since when, and `status` sums them up', async () => {
    const { stdout } = await app.rowhook('set-aside', 'list');
    expect(stdout).to.match(/person +7 +person_update +2 +payload_failed +SQLSTATE 22012 +2\d{3}-/);
    const status = await app.rowhook('status');
    expect(status.stdout).to.match(
      /set aside +1 record\n +since +2\d{3}-.*\n +payload_failed +1 of person \(SQLSTATE 22012\)/,
    );
  });

  it('asks for a retry, and says so where no relay is there to make it', async () => {
    const { code, stdout } = await app.rowhook('set-aside', 'retry', '--wait', '0');
    expect([code, stdout]).to.eql([0, '1 record to be tried again, 1 not yet; see `rowhook status`\n']);
    const { rows } = await app.database.query(
      'select action, resource, record_key from rowhook.set_aside_request',
    );
    expect(rows).to.eql([{ action: 'retry', resource: null, record_key: null }]);
    await app.database.query('delete from rowhook.set_aside_request');
  });

  it('drops for good, once somebody says yes and a relay is there', async () => {
    expect(await app.rowhook('set-aside', 'drop', '--all')).to.include({ code: 2 });
    for (const options of [[], ['--record', '7'], ['--all', '--resource', 'person']]) {
      expect(await app.rowhook('set-aside', 'drop', '--yes', ...options)).to.include({ code: 2 });
    }
    expect(await app.rowhook('set-aside', 'retry', '--record', '7')).to.include({ code: 2 });
    const daemon = app.start('start');
    await daemon.logged('the relay is active');
    const told = await app.json<SetAsideRequest & SetAsideAnswer>(
      'set-aside',
      'drop',
      '--yes',
      '--resource',
      'person',
      '--record',
      '7',
    );
    expect(told).to.include({ done: true, records: 1, events: 2, failed: 0 });
    expect(await app.json('status')).to.have.nested.property('setAside.records.count', 0);
    daemon.child.kill('SIGTERM');
    await daemon.ended;
  });
});
