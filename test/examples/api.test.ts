import { expect } from 'chai';
import pg from 'pg';
import { createCrmApi, startCrmApi } from '../../examples/site-stacker/api/app.ts';
import { type ShapeName, scenes, shapePaths } from '../fixtures/scenes.ts';
import { shapeText, siteStackerDatabase } from '../fixtures/site-stacker.ts';

describe("the reference CRM's API: reading", () => {
  for (const name of Object.keys(scenes) as ShapeName[]) {
    it(`answers GET ${shapePaths[name]} with the bytes of the shape ${name}`, async () => {
      const database = await siteStackerDatabase();
      if (scenes[name]) await database.query(scenes[name]);
      const api = createCrmApi({ pool: database.pool, timestampForm: 'sql' });
      const response = await api.request(shapePaths[name]);
      expect(response.status).to.equal(200);
      expect(response.headers.get('content-type')).to.equal('application/json');
      expect(await response.text()).to.equal(await shapeText(name));
    });
  }

  it('shows timestamps as ISO 8601 in UTC unless told otherwise', async () => {
    const database = await siteStackerDatabase();
    const api = createCrmApi({ pool: database.pool });
    const old = createCrmApi({ pool: database.pool, timestampForm: 'sql' });
    const text = await (await api.request('/api/contribution-batches/4400')).text();
    expect(text).to.include('"received":"2018-03-14T09:26:53+00:00","processed":null');
    const asOld = text.replace(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\+00:00/g, '$1 $2');
    expect(asOld).to.equal(await (await old.request('/api/contribution-batches/4400')).text());
  });

  it('shows the same bodies whatever the time zone of its sessions, cut to the second', async () => {
    const database = await siteStackerDatabase();
    await database.query(`update people set created = '2018-12-31 23:59:59.999999+00' where id = 412`);
    const pool = new pg.Pool({ connectionString: database.url, options: '-c TimeZone=Pacific/Auckland' });
    const far = await (await createCrmApi({ pool }).request('/api/people/412')).text();
    await pool.end();
    const near = await (await createCrmApi({ pool: database.pool }).request('/api/people/412')).text();
    expect(far).to.equal(near);
    expect(near).to.include('"birthday":"1979-11-02"').and.include('"created":"2018-12-31T23:59:59+00:00"');
  });

  it('shows missing associations as null, and a gift from a schedule with its recurring gift', async () => {
    const database = await siteStackerDatabase();
    const api = createCrmApi({ pool: database.pool });
    const group = (await (await api.request('/api/people/414')).json()) as Record<string, unknown>;
    const { email, household, photo, address, phone, user, title, suffix } = group;
    expect([email, household, photo, address, phone, user, title, suffix]).to.deep.equal(Array(8).fill(null));

    const gift = (await (await api.request('/api/contributions/8124')).json()) as {
      batch: {
        recurring: { id: string; active: string };
        payment_method: { card: null; check: { id: string } };
      };
      recurring: { id: string; amount: string };
      affiliated_donor: { fullname: string };
      success: string;
    };
    expect(gift.batch.recurring).to.include({ id: '216', active: '1' });
    expect(gift.batch.payment_method).to.have.property('card', null);
    expect(gift.batch.payment_method.check).to.include({ id: '120' });
    expect(gift.recurring).to.include({ id: '217', amount: '15.00' });
    expect(gift.affiliated_donor).to.include({ fullname: 'Harbor Rowing Club' });
    expect(gift.success).to.equal('0');
  });

  it('answers 404 with JSON for what there is not', async () => {
    const database = await siteStackerDatabase();
    const api = createCrmApi({ pool: database.pool });
    for (const path of [
      '/api/people/999999',
      '/api/people/x',
      `/api/tags/${'9'.repeat(30)}`,
      '/api/nothing/1',
    ]) {
      const response = await api.request(path);
      expect(response.status, path).to.equal(404);
      expect(await response.json(), path).to.have.property('message');
    }
  });

  it('serves on a free port until closed, and closes with a client connected', async () => {
    const database = await siteStackerDatabase();
    const crm = await startCrmApi({ databaseUrl: database.url, timestampForm: 'sql' });
    const response = await fetch(`${crm.url}/api/tags/29`);
    expect(await response.text()).to.equal(await shapeText('tag'));
    await crm.close();
    const error = await fetch(`${crm.url}/api/tags/29`).catch((refusal: Error) => refusal);
    expect(error).to.be.an.instanceOf(Error);
  });
});
