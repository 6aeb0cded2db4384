import { expect } from 'chai';
import { createPlatformApi, startPlatformApi } from '../../examples/amplo/api/app.ts';
import { amploDatabase, amploShape, sample } from '../fixtures/amplo.ts';
import type { TestDatabase } from '../support/database.ts';

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly attributes: Record<string, unknown>;
  readonly id: string;
}

describe("the giving day platform's API", () => {
  let database: TestDatabase;
  let call: (method: string, path: string, body?: unknown) => Promise<Answered>;

  beforeEach(async () => {
    database = await amploDatabase();
    const api = createPlatformApi({ pool: database.pool });
    call = async (method, path, body) => {
      const given = typeof body === 'string' ? body : JSON.stringify(body);
      const response = await api.request(path, { method, ...(body === undefined ? {} : { body: given }) });
      const text = await response.text();
      const data = text.startsWith('{"data"') ? JSON.parse(text).data : {};
      return { status: response.status, text, attributes: data.attributes ?? {}, id: data.id };
    };
  });

  it('answers the GET of a campaign and of a donation with the bytes of their shapes', async () => {
    const campaign = await call('GET', `/api/campaigns/${sample.robotics}`);
    expect([campaign.status, campaign.text]).to.deep.equal([200, await amploShape('amplo_campaign')]);
    const donation = await call('GET', `/api/donations/${sample.gift}`);
    expect([donation.status, donation.text]).to.deep.equal([200, await amploShape('amplo_donation')]);
  });

  it('answers 404 for what there is not, and for what is marked as deleted', async () => {
    for (const path of [`campaigns/${sample.bus}`, `donations/${sample.robotics}`, 'donations/x', 'users/x'])
      expect((await call('GET', `/api/${path}`)).status, path).to.equal(404);
    for (const method of ['PATCH', 'DELETE'])
      expect((await call(method, `/api/campaigns/${sample.bus}`, {})).status, method).to.equal(404);
  });

  it('creates, changes and marks as deleted', async () => {
    const { status, id, attributes } = await call('POST', '/api/campaigns', {
      ...{ entity_id: sample.school, name: 'Band', goal: 99.5, start_date: 1509537600 },
    });
    expect(status).to.equal(201);
    expect(id).to.match(/^[0-9a-f]{24}$/);
    expect(attributes).to.include({ name: 'Band', goal: 99.5, start_date: 1509537600, total_raised: 0 });
    const path = `/api/campaigns/${id}`;
    expect((await call('PATCH', path, { goal: null })).attributes).to.include({ name: 'Band', goal: null });
    expect((await call('DELETE', path)).status).to.equal(204);
    expect((await call('GET', path)).status).to.equal(404);
    const { rowCount } = await database.query('select from campaigns where id = $1 and deleted_at <= now()', [
      id,
    ]);
    expect(rowCount).to.equal(1);
  });

  it('rolls the statistics of campaigns up when donations come, move and go', async () => {
    const statistics = async (id: string) => {
      const { attributes } = await call('GET', `/api/campaigns/${id}`);
      return [attributes.total_donations, attributes.total_raised, attributes.average_donation];
    };
    const input = { beneficiary_id: sample.beds, amount: 12.5, status: 'paid' };
    const { id } = await call('POST', '/api/donations', input);
    await call('POST', '/api/donations', { ...input, amount: 20 });
    expect(await statistics(sample.beds)).to.deep.equal([2, 32.5, 16.25]);
    await call('PATCH', `/api/donations/${id}`, { beneficiary_id: sample.rowing });
    expect(await statistics(sample.beds)).to.deep.equal([1, 20, 20]);
    expect(await statistics(sample.rowing)).to.deep.equal([2, 25, 12.5]);
    await call('DELETE', `/api/donations/${id}`);
    expect(await statistics(sample.rowing)).to.deep.equal([1, 12.5, 12.5]);
  });

  const mistakes: ReadonlyArray<readonly [method: string, path: string, body: unknown, says: RegExp]> = [
    ['POST', 'campaigns', { name: 'x' }, /entity_id/],
    ['POST', 'campaigns', { entity_id: sample.gift, name: 'x' }, /violates foreign key/],
    ['POST', 'donations', { beneficiary_id: sample.beds, amount: '5' }, /amount/],
    ['PATCH', `donations/${sample.gift}`, { amount: -1 }, /amount/],
    ['PATCH', `campaigns/${sample.robotics}`, { total_raised: 5 }, /total_raised/],
    ['PATCH', `campaigns/${sample.robotics}`, '{', /not JSON/],
  ];
  for (const [method, path, body, says] of mistakes) {
    it(`refuses ${method} ${path.split('/')[0]} with ${JSON.stringify(body)}`, async () => {
      const { status, text } = await call(method, `/api/${path}`, body);
      expect(status).to.equal(400);
      expect(text).to.match(says);
    });
  }

  it('serves on a free port until closed', async () => {
    const platform = await startPlatformApi({ databaseUrl: database.url });
    const response = await fetch(`${platform.url}/api/donations/${sample.gift}`);
    expect(await response.text()).to.equal(await amploShape('amplo_donation'));
    await platform.close();
    expect(await fetch(platform.url).catch((refusal: Error) => refusal)).to.be.an.instanceOf(Error);
  });
});
