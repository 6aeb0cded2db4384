import { expect } from 'chai';
import { Application } from '../../examples/demo/application.ts';
import { Findings, isRight } from '../../examples/demo/findings.ts';
import { type Json, part } from '../../examples/demo/json.ts';
import { type Entry, Ledger } from '../../examples/demo/ledger.ts';
import type { Arrival } from '../../examples/demo/receiver.ts';
import { type RunningCrm, startCrmApi } from '../../examples/site-stacker/api/app.ts';
import { keyOf } from '../../examples/site-stacker/demo/records.ts';
import { siteStackerSystem } from '../../examples/site-stacker/demo/system.ts';
import { capturedCrm } from '../fixtures/captured.ts';
import type { TestDatabase } from '../support/database.ts';

type Body = Json & object;

/* No daemon runs here: the arrivals are made by hand, with what could go wrong in them. */
describe("the demo's findings", () => {
  const system = siteStackerSystem();
  let database: TestDatabase;
  let api: RunningCrm;
  let findings: Findings;
  let ledger: Ledger;
  let crm: Application;
  let entered: readonly Entry[];

  beforeEach(async () => {
    database = await capturedCrm();
    api = await startCrmApi({ pool: database.pool });
    findings = new Findings(system);
    ledger = new Ledger(system.sameAs, (arrival, entry) => findings.arrived(arrival, entry));
    crm = new Application({
      ...{ apiUrl: api.url, apiPool: database.pool, sqlPool: database.pool, ledger, hasRequestIds: true },
      onChange(_change, entries) {
        entered = entries;
      },
    });
  });
  afterEach(() => api.close());

  const arrival = (event: string, body: Body, more: Partial<Arrival> = {}): Arrival => ({
    ...{
      deliveryId: `d-${event}`,
      event,
      same: `${event} ${keyOf(event, body)}`,
      body,
      requestId: undefined,
      attempt: 1,
      at: performance.now(),
    },
    ...{ fate: 'taken', answer: 200, ...more },
  });
  const rename = async () =>
    (await crm.api('PATCH', 'people/412', { firstname: 'Mara' }, () => [['person_update', '412']])) as Body;
  const conclude = () => findings.conclude(crm, ledger);

  it('finds a body right that is what the API says', async () => {
    const body = await rename();
    ledger.arrive(arrival('person_update', body, { requestId: 'demo-1' }));
    await findings.compare(entered, crm);
    expect(findings.problems).to.deep.equal([]);
    expect(await conclude()).to.include({ lost: 0, duplicates: 0, payloadMismatches: 0 });
  });

  const wrongBodies: Readonly<Record<string, [(body: Body) => Partial<Arrival>, RegExp]>> = {
    'a value that differs': [
      (body) => ({ body: changed(body, 'lastname', 'O.') }),
      /lastname: expected "Okafor", found "O."/,
    ],
    'a number for a string': [
      (body) => ({
        body: changed(body, 'household', { ...(part(body, 'household') as object), id: 88 } as never),
      }),
      /household\.id: expected "88", found 88/,
    ],
    'a key that is missing': [
      (body) => ({ body: changed(body, 'photo', undefined) }),
      /expected the keys id,.*photo/,
    ],
    'keys in another order': [
      (body) => ({ body: Object.fromEntries(Object.entries(body).reverse()) as Body }),
      /expected the keys id,title/,
    ],
    'another Request-Id': [(body) => ({ body, requestId: 'demo-2' }), /Request-Id is demo-2, not demo-1/],
  };
  for (const [name, [wrong, problem]] of Object.entries(wrongBodies)) {
    it(`sees ${name}`, async () => {
      const body = await rename();
      ledger.arrive(arrival('person_update', body, { requestId: 'demo-1', ...wrong(body) }));
      await findings.compare(entered, crm);
      expect(findings.problems.join()).to.match(problem);
      const outcome = await conclude();
      expect(outcome.payloadMismatches).to.equal(1);
      expect(isRight(outcome)).to.equal(false);
    });
  }

  it("compares a deleted record's first level with the GET before, and the kind of its keys", async () => {
    await crm.remember('tags/30');
    const before = crm.rememberedBody('tags/30') as Body;
    const gone = changed(before, 'site', null);
    await crm.sql('delete from tags where id = 30', [], () => [['tag_delete', '30']]);
    ledger.arrive(arrival('tag_delete', gone));
    await findings.compare(entered, crm);
    expect(findings.problems).to.deep.equal([]);
    for (const wrong of [changed(gone, 'name', 'News'), changed(gone, 'category', undefined)]) {
      entered[0]!.arrival = arrival('tag_delete', wrong);
      await findings.compare(entered, crm);
    }
    expect(findings.problems).to.have.length(2);
  });

  it('counts what does not arrive as lost, once', async () => {
    await rename();
    await findings.compare(entered, crm);
    expect(await conclude()).to.include({ lost: 1, deliveries: 0 });
    expect(findings.problems).to.deep.equal(['person_update 412 has not arrived (PATCH /api/people/412)']);
  });

  it('counts what comes twice, and what nobody has caused, as duplicates', async () => {
    const body = await rename();
    ledger.arrive(arrival('person_update', body));
    ledger.arrive(arrival('person_update', body, { fate: 'repeat', attempt: 2 }));
    ledger.arrive(arrival('person_update', body, { deliveryId: 'another' }));
    expect(await conclude()).to.include({ duplicates: 2, lost: 0 });
  });

  it('counts wrong signatures, and takes nothing with one', async () => {
    const body = await rename();
    ledger.arrive(arrival('person_update', body, { fate: 'refused', answer: 401 }));
    expect(await conclude()).to.include({ badSignatures: 1, lost: 1, duplicates: 0 });
  });

  it('holds an arrival back that comes before the application has heard of its own commit', async () => {
    ledger.begin();
    ledger.arrive(arrival('tag_update', { id: '29' }));
    ledger.enter({ by: 'SQL', what: 'update tags', requestId: undefined }, 0, [['tag_update', '29']]);
    expect(await ledger.settled(0)).to.equal(true);
    expect(await conclude()).to.include({ duplicates: 0, lost: 0 });
  });
});

/** A copy with one key changed, or left out. */
function changed(body: Body, key: string, value: Json | undefined): Body {
  const entries = Object.entries(body).map(([name, old]) => [name, name === key ? value : old]);
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined)) as Body;
}
