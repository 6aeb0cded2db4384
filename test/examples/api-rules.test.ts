import { expect } from 'chai';
import { crmClient } from './crm-client.ts';

describe("the reference CRM's API: rules of writing", () => {
  it('assigns and takes back person types, as often as one likes', async () => {
    const { call, database } = await crmClient();
    const links = () =>
      database.query('select person_type_id as id from people_person_types where person_id = 20');
    for (const _ of [1, 2]) expect((await call('PUT', '/api/people/20/types/18')).status).to.equal(204);
    expect((await links()).rows).to.deep.equal([{ id: '18' }]);
    for (const _ of [1, 2]) expect((await call('DELETE', '/api/people/20/types/18')).status).to.equal(204);
    expect((await links()).rows).to.deep.equal([]);
    expect((await call('PUT', '/api/people/20/types/999')).status).to.equal(404);
    expect((await call('PUT', '/api/people/999/types/18')).status).to.equal(404);
  });

  it('links tags to records of any kind, and removes the links of a record that it deletes', async () => {
    const { call, database } = await crmClient();
    const links = () =>
      database.query(`select model, foreign_key from tags_models where tag_id = 30 order by id`);
    for (const _ of [1, 2]) expect((await call('PUT', '/api/tags/30/links/File/77')).status).to.equal(204);
    await call('PUT', '/api/tags/30/links/Person/414');
    expect((await links()).rows).to.deep.equal([
      { model: 'File', foreign_key: '77' },
      { model: 'Person', foreign_key: '414' },
    ]);
    await call('DELETE', '/api/people/414');
    await call('DELETE', '/api/tags/30/links/File/77');
    expect((await links()).rows).to.deep.equal([]);
    expect((await call('PUT', '/api/tags/30/links/file/77')).status).to.equal(400);
    expect((await call('PUT', '/api/tags/999/links/File/77')).status).to.equal(404);
  });

  it('sets modified when something changed, and only then', async () => {
    const { call } = await crmClient();
    const before = (await call('GET', '/api/people/412')).body;
    const same = await call('PATCH', '/api/people/412', { firstname: before.firstname, suffix: '' });
    expect(same.body).to.deep.equal(before);
    const changed = await call('PATCH', '/api/people/412', { suffix: null });
    expect(changed.body.suffix).to.equal(null);
    expect(changed.body.modified).to.not.equal(before.modified);
    expect(changed.body.created).to.equal(before.created);

    // A campaign is stamped in its item, also for what changed beside it.
    const campaign = (await call('GET', '/api/campaigns/57')).body;
    const goals = [{ id: '7', goal_amount: '1000.00' }];
    expect((await call('PATCH', '/api/campaigns/57', { goals })).body).to.deep.equal(campaign);
    const raised = await call('PATCH', '/api/campaigns/57', { goals: [{ id: '7', goal_amount: '1000.01' }] });
    expect(raised.body.item!.modified).to.not.equal(campaign.item!.modified);
  });

  it('refuses unknown and wrong fields with 400 and a message that names them', async () => {
    const { call } = await crmClient();
    const refusals: [string, string, unknown, RegExp][] = [
      ['PATCH', '/api/people/412', { nickname: 'M' }, /nickname/],
      ['PATCH', '/api/people/412', { birthday: '1979-02-30' }, /birthday/],
      ['PATCH', '/api/people/412', { gender: 'x' }, /gender/],
      ['PATCH', '/api/people/412', { id: '1' }, /id/],
      ['PATCH', '/api/emails/771', { person_id: '20' }, /person_id/],
      ['POST', '/api/emails', { email: 'x@example.org' }, /person_id/],
      ['POST', '/api/emails', { email: 'x@example.org', person_id: '999' }, /999/],
      ['PATCH', '/api/contributions/8123', { amount: '1.005' }, /amount/],
      ['PATCH', '/api/contributions/8123', { pending: 'yes' }, /pending/],
      ['PATCH', '/api/people/412', { description: 'nul \u0000 byte' }, /./],
      ['POST', '/api/campaigns', { item: { alias: 'clean-water', name: 'Twice' } }, /clean-water/],
      ['POST', '/api/contribution-batches', { contributions: [] }, /contributions/],
      ['POST', '/api/tags', '{"name":', /JSON/],
      ['POST', '/api/tags', [], /object/],
    ];
    for (const [method, path, body, message] of refusals) {
      const answer = await call(method, path, body);
      expect(answer.status, `${method} ${path} ${JSON.stringify(body)}`).to.equal(400);
      expect(answer.body.message).to.match(message);
    }
    expect((await call('PATCH', '/api/people/999', { suffix: 'x' })).status).to.equal(404);
    expect((await call('DELETE', '/api/people/999')).status).to.equal(404);
  });

  it('undoes the whole write when a part of it is refused', async () => {
    const { call, database } = await crmClient();
    const answer = await call('POST', '/api/people', {
      firstname: 'Half',
      email: { email: 'half@example.org', type_id: '999' },
    });
    expect(answer.status).to.equal(400);
    const { rows } = await database.query(`select id from people where firstname = 'Half'`);
    expect(rows).to.deep.equal([]);
  });

  it('hands the Request-Id header to the database, for the time of the transaction that writes', async () => {
    const { call, database } = await crmClient();
    await database.query(`
      create table seen (request_id text, at bigint generated always as identity);
      create function see() returns trigger language plpgsql as $$
        begin insert into seen (request_id) values (current_setting('rowhook.request_id', true)); return null; end $$;
      create trigger see after insert or update or delete on person_emails for each statement execute function see()`);
    const path = '/api/emails/772';
    await call('PATCH', path, { email: 'one@example.org' }, { 'Request-Id': 'call-1' });
    await call('PATCH', path, { email: 'two@example.org' });
    await call('DELETE', path, undefined, { 'Request-Id': '"; drop table people; --' });
    const { rows } = await database.query<{ request_id: string | null }>(
      'select request_id from seen order by at',
    );
    expect(rows.map((row) => row.request_id || null)).to.deep.equal([
      'call-1',
      null,
      '"; drop table people; --',
    ]);
  });
});
