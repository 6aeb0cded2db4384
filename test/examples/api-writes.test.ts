import { expect } from 'chai';
import { crmClient } from './crm-client.ts';

describe("the reference CRM's API: writing", () => {
  it('creates a person with a first email, address and phone, which become the default ones', async () => {
    const { call } = await crmClient();
    const created = await call('POST', '/api/people', {
      firstname: 'Ana',
      lastname: 'Silva',
      birthday: '1990-02-28',
      email: { email: 'ana@example.org' },
      address: { address1: 'Rua 1', country_id: '1', latitude: 38.7 },
      phone: { number: '555-0100', type_id: 2 },
    });
    expect(created.status).to.equal(201);
    expect(created.body).to.include({ fullname: 'Ana Silva', birthday: '1990-02-28', title: null });
    expect(created.body.email).to.include({ email: 'ana@example.org' });
    expect(created.body.address).to.include({ latitude: '38.700000', longitude: null, default: true });
    expect(created.body.phone!.type).to.deep.equal({ id: '2', label: 'Home', quantity: 'multiple' });
    expect((await call('GET', `/api/people/${created.body.id}`)).body).to.deep.equal(created.body);

    const renamed = await call('PATCH', `/api/people/${created.body.id}`, { lastname: 'Costa' });
    expect(renamed.body).to.include({ fullname: 'Ana Costa' });

    expect(await call('DELETE', `/api/people/${created.body.id}`)).to.deep.equal({
      status: 204,
      body: undefined,
    });
    expect((await call('GET', `/api/people/${created.body.id}`)).status).to.equal(404);
    expect((await call('GET', `/api/emails/${created.body.email!.id}`)).status).to.equal(404);
  });

  it('moves the default from one email, address or phone to another', async () => {
    const { call } = await crmClient();
    await call('PATCH', '/api/emails/772', { default: true });
    expect((await call('GET', '/api/people/412')).body.email).to.include({ id: '772' });
    const phone = await call('POST', '/api/phones', {
      person_id: '412',
      number: '1',
      area_code: '2',
      default: true,
    });
    expect(phone.body).to.include({ number: '1', area_code: '2' });
    expect((await call('GET', '/api/people/412')).body.phone).to.include({ id: phone.body.id });
    const first = await call('POST', '/api/addresses', { person_id: '20', address1: 'Elm 1' });
    expect(first.body).to.include({ default: true });
    const second = await call('POST', '/api/addresses', { person_id: '20', address1: 'Elm 2' });
    expect(second.body).to.include({ default: false });
    expect((await call('DELETE', `/api/addresses/${first.body.id}`)).status).to.equal(204);
    expect((await call('GET', '/api/people/20')).body.address).to.equal(null);
  });

  it('creates and deletes relations in pairs, and changes nothing of them but the description', async () => {
    const { call } = await crmClient();
    const parent = await call('POST', '/api/relationships', {
      ...{ person_id: '20', related_person_id: '413', type_id: '3', description: 'since 2001' },
    });
    expect(parent.body.type).to.include({ label: 'Parent' });
    const child = await call('GET', `/api/relationships/${parent.body.linked_relation_id}`);
    expect(child.body).to.include({ linked_relation_id: parent.body.id, description: '' });
    expect(child.body.type).to.include({ label: 'Child' });
    expect(child.body.person).to.include({ id: '413' });

    const path = `/api/relationships/${parent.body.id}`;
    expect((await call('PATCH', path, { description: 'adopted' })).body).to.include({
      description: 'adopted',
    });
    expect((await call('PATCH', path, { type_id: '2' })).status).to.equal(400);
    expect((await call('DELETE', path)).status).to.equal(204);
    expect((await call('GET', `/api/relationships/${child.body.id}`)).status).to.equal(404);
  });

  it('writes a campaign with its item, goals and fixed amounts', async () => {
    const { call } = await crmClient();
    const { status, body } = await call('POST', '/api/campaigns', {
      category_id: '2',
      goal_amount: '900',
      start: '2018-05-01',
      item: {
        alias: 'library',
        name: 'Library',
        owner_id: '20',
        publish_datetime: '2018-05-01T02:00:00+02:00',
      },
      goals: [{ goal_amount: 50, interval: 2, period: 'week' }],
      fixed_amounts: [{ label: '$5', amount: '5' }],
    });
    expect(status).to.equal(201);
    expect(body).to.include({ goal_amount: '900.00', start: '2018-05-01', end: null });
    expect(body.item).to.include({ name: 'Library', publish_datetime: '2018-05-01T00:00:00+00:00' });
    expect(body.goals!['0']).to.include({ goal_amount: '50.00', interval: '2' });

    const goalId = body.goals!['0']!.id;
    const changed = await call('PATCH', `/api/campaigns/${body.id}`, {
      item: { name: 'Town Library' },
      goals: [{ id: goalId, goal_amount: '60.00' }, { goal_amount: '70.00' }],
      fixed_amounts: [],
    });
    expect(changed.status).to.equal(200);
    expect(changed.body.item).to.include({ name: 'Town Library', alias: 'library' });
    expect(changed.body.goals).to.have.length(2);
    expect(changed.body.goals!['0']).to.include({ id: goalId, goal_amount: '60.00', interval: '2' });
    expect(changed.body.fixed_amounts).to.deep.equal([]);
    const foreign = await call('PATCH', `/api/campaigns/${body.id}`, {
      goals: [{ id: '7', goal_amount: '1' }],
    });
    expect(foreign.status).to.equal(400);

    expect((await call('DELETE', `/api/campaigns/${body.id}`)).status).to.equal(204);
    expect((await call('GET', `/api/campaigns/${body.id}`)).status).to.equal(404);
  });

  it('creates a batch with its contributions and transactions, and deletes neither', async () => {
    const { call } = await crmClient();
    const { status, body } = await call('POST', '/api/contribution-batches', {
      ...{ site_channel_id: '1', donor_id: '413', success: '1', payment_method_id: '341' },
      contributions: [
        { campaign_id: '57', amount: '10.10' },
        { campaign_id: '58', amount: '0.20', notes: 'for lunch' },
      ],
      transactions: [{ gateway: 'Dummy', amount: '10.30', success: true, settled: '2018-04-04T11:39:57Z' }],
    });
    expect(status).to.equal(201);
    expect(body).to.include({ amount: '10.30', success: '1' });
    expect(body.contributions!['1']).to.include({ amount: '0.20', notes: 'for lunch', success: '1' });
    expect(body.transactions!['0']).to.include({ success: true, settled: '2018-04-04T11:39:57+00:00' });

    const giftId = body.contributions!['0']!.id;
    const gift = await call('PATCH', `/api/contributions/${giftId}`, { success: '0', error: 'Refunded' });
    expect(gift.body).to.include({ success: '0', error: 'Refunded' });
    expect(gift.body.donor).to.include({ id: '413' });
    const batch = await call('PATCH', `/api/contribution-batches/${body.id}`, {
      processed: '2018-04-05T00:00:00Z',
    });
    expect(batch.body).to.include({ processed: '2018-04-05T00:00:00+00:00' });
    expect((await call('DELETE', `/api/contributions/${giftId}`)).status).to.equal(404);
    expect((await call('DELETE', `/api/contribution-batches/${body.id}`)).status).to.equal(404);
  });

  it('lets several recurring gifts share a schedule, which is cancelled and reactivated for all', async () => {
    const { call } = await crmClient();
    const own = await call('POST', '/api/recurrings', {
      ...{ person_id: '413', campaign_id: '58', amount: '5' },
      recurring_batch: { recurring_start_date: '2018-06-01', recurring_interval: 2 },
    });
    expect(own.body.recurring_batch).to.include({ active: '1', recurring_interval: '2' });
    const scheduleId = own.body.recurring_batch!.id;
    const joined = await call('POST', '/api/recurrings', {
      ...{ person_id: '413', campaign_id: '57', amount: '6', recurring_batch_id: scheduleId },
    });
    expect((await call('POST', '/api/recurrings', { amount: '6' })).status).to.equal(400);

    const cancelled = await call('POST', `/api/recurrings/${own.body.id}/cancel`);
    expect(cancelled.body.recurring_batch).to.include({ active: '0' });
    const other = await call('GET', `/api/recurrings/${joined.body.id}`);
    expect(other.body.recurring_batch).to.include({ id: scheduleId, active: '0' });
    const again = await call('POST', `/api/recurrings/${joined.body.id}/reactivate`);
    expect(again.body.recurring_batch).to.include({ active: '1' });
    expect((await call('POST', '/api/recurrings/999/cancel')).status).to.equal(404);

    const path = `/api/recurrings/${own.body.id}`;
    const changed = await call('PATCH', path, {
      amount: '7',
      recurring_batch: { next_run_date: '2018-08-01' },
    });
    expect(changed.body).to.include({ amount: '7.00' });
    expect(changed.body.recurring_batch).to.include({ next_run_date: '2018-08-01' });
    expect((await call('DELETE', path)).status).to.equal(204);
    expect((await call('GET', path)).status).to.equal(404);
  });

  it('writes tags and tag categories', async () => {
    const { call } = await crmClient();
    const category = await call('POST', '/api/tag-categories', { name: 'Skill', order: 3 });
    expect(category.body).to.include({ order: '3', weight: '0', in_content_preferences: false });
    const tag = await call('POST', '/api/tags', { name: 'Welding', category_id: category.body.id });
    expect(tag.body.category).to.include({ name: 'Skill' });
    expect((await call('PATCH', `/api/tags/${tag.body.id}`, { external_id: 'w' })).body).to.include({
      external_id: 'w',
    });
    const path = `/api/tag-categories/${category.body.id}`;
    expect((await call('PATCH', path, { weight: '9' })).body).to.include({ weight: '9' });
    expect((await call('DELETE', path)).status).to.equal(204);
    expect((await call('GET', `/api/tags/${tag.body.id}`)).body.category).to.equal(null);
    expect((await call('DELETE', `/api/tags/${tag.body.id}`)).status).to.equal(204);
  });
});
