import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import type { RunningPlatform } from '../../examples/amplo/api/app.ts';
import { entities, of, sample } from '../../examples/amplo/demo/entities.ts';
import { amploSystem } from '../../examples/amplo/demo/system.ts';
import { Application } from '../../examples/demo/application.ts';
import { Findings } from '../../examples/demo/findings.ts';
import type { Json } from '../../examples/demo/json.ts';
import { type Entry, Ledger } from '../../examples/demo/ledger.ts';
import { startReceiver } from '../../examples/demo/receiver.ts';
import { amploDatabase, amploShape } from '../fixtures/amplo.ts';
import type { TestDatabase } from '../support/database.ts';

/* No daemon runs here: the deliveries are made by hand, with what could go wrong in them. */
describe("the demo's Amplo", () => {
  const { tls: _, ...system } = amploSystem();
  let database: TestDatabase;
  let api: RunningPlatform;
  let findings: Findings;
  let ledger: Ledger;
  let platform: Application;
  let entered: readonly Entry[];
  let receiver: Awaited<ReturnType<typeof startReceiver>>;

  beforeEach(async () => {
    database = await amploDatabase();
    api = await system.startApi(database.pool);
    findings = new Findings(system);
    ledger = new Ledger(system.sameAs, (arrival, entry) => findings.arrived(arrival, entry));
    receiver = await startReceiver({ system, onArrival: (arrival) => ledger.arrive(arrival) });
    // The migrations find a database of their own; the endpoints must be https, and nobody calls them.
    await system.install(database.url, 'https://127.0.0.1:9/webhooks');
    platform = new Application({
      ...{ apiUrl: api.url, apiPool: database.pool, sqlPool: database.pool, ledger, hasRequestIds: false },
      onChange(_change, entries) {
        entered = entries;
      },
    });
  });
  afterEach(async () => {
    await receiver.close();
    await api.close();
  });

  const rename = () =>
    platform.api('PATCH', `campaigns/${sample.books}`, { name: 'Atlases' }, () => [
      ['campaign_update', of('school', sample.books)],
    ]);
  /** Delivers as the daemon would. @returns the status of the answer */
  const deliver = async (to: string, body: Json, headers: Record<string, string> = {}): Promise<number> => {
    const response = await fetch(`${receiver.url}/${to}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return response.status;
  };
  const conclude = async () => {
    await findings.compare(entered, platform);
    return findings.conclude(platform, ledger);
  };

  it('registers an endpoint for each entity, one of them signed', async () => {
    const { rows } = await database.query(
      'select url, tenant, secret is not null as signed from rowhook.endpoint order by id',
    );
    expect(rows.map(({ url, tenant, signed }) => [url, tenant, signed])).to.deep.equal([
      ['https://127.0.0.1:9/webhooks/university', entities.university, true],
      ['https://127.0.0.1:9/webhooks/school', entities.school, false],
    ]);
  });

  it('takes what comes to its entity', async () => {
    expect(await deliver('school', await rename())).to.equal(200);
    expect(await conclude()).to.deep.include({ lost: 0, duplicates: 0, payloadMismatches: 0 });
    expect(findings.problems).to.deep.equal([]);
  });

  it('sees what comes to another entity, as lost there and as nobody’s here', async () => {
    const signed = (body: Json) => signature(body, database);
    const body = await rename();
    expect(await deliver('university', body, await signed(body))).to.equal(200);
    expect(await conclude()).to.include({ lost: 1, duplicates: 1 });
  });

  it('refuses what is not signed, where it should be', async () => {
    const body = await rename();
    expect(await deliver('university', body)).to.equal(401);
    const other = { ...(await signature(body, database)), 'webhook-timestamp': '1' };
    expect(await deliver('university', body, other)).to.equal(401);
    expect(await conclude()).to.include({ badSignatures: 2, lost: 1 });
  });

  it('sees that an unsigned delivery, which has no id, has come twice', async () => {
    const body = await rename();
    await deliver('school', body);
    await deliver('school', body);
    expect(await conclude()).to.include({ duplicates: 1, lost: 0 });
  });

  it('sees a value that is not what the API says, and an amount that is a string', async () => {
    const body = (await platform.api(
      'POST',
      'donations',
      { beneficiary_id: sample.books, amount: 5 },
      (made) => [['donation_create', of('school', String((made as { data: { id: string } }).data.id))]],
    )) as { data: { attributes: object } };
    const attributes = { ...body.data.attributes, amount: '5' };
    await deliver('school', { data: { ...body.data, attributes } } as Json);
    await conclude();
    expect(findings.problems.join()).to.match(/attributes\.amount: expected 5, found "5"/);
  });

  it('sees that a deletion tells another time than the column, and that the API still shows its object', async () => {
    await platform.sql(
      'update donations set deleted_at = to_timestamp(1510000001) where id = $1',
      [sample.gift],
      () => [['donation_delete', of('university', sample.gift)]],
    );
    const gone = JSON.parse(await amploShape('amplo_deleted')) as Json;
    await deliver('university', gone, await signature(gone, database));
    await findings.compare(entered, platform);
    expect(findings.problems.join()).to.match(/deleted_at: expected 1510000001, found 1510000000/);
    await platform.sql('update donations set deleted_at = null where id = $1', [sample.gift], () => []);
    expect(await system.differenceOf('donation_delete', gone, platform)).to.match(/API still shows/);
  });
});

/** The headers of Standard Webhooks, with the secret of the university's endpoint. */
async function signature(body: Json, database: TestDatabase): Promise<Record<string, string>> {
  const { rows } = await database.query<{ secret: string }>(
    'select secret from rowhook.endpoint where secret is not null',
  );
  const at = new Date();
  return {
    'webhook-id': 'd1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(rows[0]!.secret).sign('d1', at, JSON.stringify(body)),
  };
}
