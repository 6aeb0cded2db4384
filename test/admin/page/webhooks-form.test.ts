import { expect } from 'chai';
import {
  type Draft,
  dialectOf,
  draftOf,
  emptyDraft,
  sameDraft,
} from '../../../admin/pages/webhooks/form/draft.ts';
import { choiceOf, withAll } from '../../../admin/pages/webhooks/form/event-choice.ts';
import { fieldOf } from '../../../admin/pages/webhooks/form/problem-field.ts';
import { patchOf, submissionOf } from '../../../admin/pages/webhooks/form/submission.ts';
import { catalogView } from '../../../src/admin/api/catalog-routes.ts';
import { endpointCreate, endpointPatch } from '../../../src/admin/shapes/endpoint.ts';
import { amplo } from '../../../src/presets/amplo.ts';
import { siteStacker } from '../../../src/presets/site-stacker.ts';
import { endpointValues } from '../../../src/wire/endpoint-input.ts';
import { anEndpoint } from './webhooks-kit.ts';

const crm = catalogView(siteStacker());
const givingDay = catalogView(amplo());
const filled: Draft = { ...emptyDraft, url: ' https://a.example/in ', events: choiceOf(['person_create']) };
const faultsOf = (draft: Draft, catalog = crm, creates = true) =>
  Object.fromEntries(
    [...submissionOf(draft, catalog, creates).faults].map(([field, { kind }]) => [field, kind]),
  );

describe('the form of a new webhook', () => {
  it('sends what the server takes, with a secret made there and every setting at its default', () => {
    const { input, faults } = submissionOf(filled, crm, true);
    expect(faults.size).to.equal(0);
    expect(input).to.deep.include({ url: 'https://a.example/in', events: ['person_create'], schedule: null });
    expect(input).not.to.have.any.keys('secret', 'tenant');
    const { headers = [], ...rest } = endpointCreate.parse(input);
    expect(headers).to.deep.equal([]);
    expect(endpointValues(siteStacker(), rest)).to.include({ concurrency: null, ordering: 'none' });
  });

  it('asks for a URL and events before it asks the server', () => {
    expect(faultsOf(emptyDraft)).to.deep.equal({ url: 'missing', events: 'missing' });
    expect(faultsOf({ ...filled, events: withAll(choiceOf([]), true) })).to.deep.equal({});
  });

  it('asks whose events it gets where the catalog has tenants, and says all tenants only where that was chosen', () => {
    const draft = { ...filled, events: withAll(choiceOf([]), true) };
    expect(faultsOf(draft, givingDay)).to.deep.equal({ tenant: 'missing' });
    expect(faultsOf({ ...draft, tenant: { kind: 'one', id: ' ' } }, givingDay)).to.deep.equal({
      tenant: 'missing',
    });
    const all = submissionOf({ ...draft, tenant: { kind: 'all', id: '7' } }, givingDay, true);
    expect(all.input.tenant).to.equal(null);
    const one = submissionOf({ ...draft, tenant: { kind: 'one', id: ' 7 ' } }, givingDay, true);
    expect(one.input.tenant).to.equal('7');
  });

  it('refuses http where the dialect sends by https only', () => {
    expect(faultsOf({ ...filled, url: 'http://a.example', dialect: 'amplo' })).to.deep.equal({ url: 'tls' });
    expect(faultsOf({ ...filled, url: 'http://a.example' })).to.deep.equal({});
  });

  it('refuses to sign nothing where the dialect signs everything', () => {
    const unsigned: Draft = { ...filled, secret: { kind: 'none', text: '' } };
    expect(submissionOf(unsigned, crm, true).input.secret).to.equal(null);
    expect(faultsOf(unsigned)).to.deep.equal({});
    expect(faultsOf({ ...unsigned, dialect: 'standard' })).to.deep.equal({ secret: 'value' });
  });

  it('sends a secret as it was entered', () => {
    const own: Draft = { ...filled, secret: { kind: 'own', text: ' with space ' } };
    expect(submissionOf(own, crm, true).input.secret).to.equal(' with space ');
    expect(faultsOf({ ...filled, secret: { kind: 'own', text: '' } })).to.deep.equal({ secret: 'missing' });
  });

  for (const [part, kind] of [
    [{ concurrency: '2.5' }, { concurrency: 'whole' }],
    [{ concurrency: '0' }, { concurrency: 'range' }],
    [{ concurrency: 'many' }, { concurrency: 'number' }],
    [{ rate: '-1' }, { rate: 'number' }],
    [{ timeout: '61' }, { timeoutMs: 'range' }],
    [{ timeout: '0.05' }, { timeoutMs: 'range' }],
    [{ schedule: { kind: 'own', text: '5' } }, { schedule: 'schedule' }],
    [{ schedule: { kind: 'own', text: ' ' } }, { schedule: 'missing' }],
    [{ dialect: 'prefix: ' }, { dialect: 'prefix' }],
    [{ proxy: { kind: 'new', text: ' ' } }, { proxy: 'missing' }],
    [{ clientCertificate: { kind: 'new', text: 'PEM', keyText: '' } }, { clientKey: 'key' }],
    [{ headers: [{ key: 0, name: '', value: 'x' }] }, { headers: 'name' }],
    [{ headers: [{ key: 0, name: 'X-Key', value: '' }] }, { headers: 'value' }],
  ] as const) {
    it(`finds ${JSON.stringify(kind)} in ${JSON.stringify(part)}`, () => {
      expect(faultsOf({ ...filled, ...(part as Partial<Draft>) })).to.deep.equal(kind);
    });
  }

  it('finds a header that is there twice in another case', () => {
    const headers = [
      { key: 0, name: 'X-Key', value: 'a' },
      { key: 1, name: 'x-key', value: 'b' },
    ];
    expect(faultsOf({ ...filled, headers })).to.deep.equal({ headers: 'twice' });
  });

  it('reads seconds with a comma, and leaves out rows of headers with nothing in them', () => {
    const draft = { ...filled, timeout: '2,5', headers: [{ key: 0, name: ' ', value: '' }] };
    expect(submissionOf(draft, crm, true).input).to.deep.include({ timeoutMs: 2_500, headers: [] });
  });
});

describe('the form of a webhook that there is', () => {
  const endpoint = anEndpoint({
    events: ['person_create', 'gone_event'],
    headers: ['X-Key', 'X-Other'],
    schedule: [60_000, 60_000, 60_000],
    timeoutMs: 1_500,
    proxy: 'http://proxy.example:3128',
  });
  const before = draftOf(endpoint);
  const patch = (part: Partial<Draft>) => patchOf(before, { ...before, ...part }, crm);

  it('says nothing where nothing was changed', () => {
    expect(sameDraft(before, draftOf(endpoint))).to.equal(true);
    expect(patch({})).to.deep.equal({});
  });

  it('says only what was changed, so that nobody else is undone', () => {
    expect(patch({ description: 'new' })).to.deep.equal({ description: 'new' });
    expect(patch({ timeout: '' })).to.deep.equal({ timeoutMs: null });
    expect(patch({ schedule: { kind: 'none', text: '3 x 1m' } })).to.deep.equal({ schedule: [] });
    expect(patch({ events: withAll(before.events, true) })).to.deep.equal({ events: ['*'] });
  });

  it('keeps the values of headers that are not entered anew', () => {
    expect(before.headers).to.deep.equal([
      { key: 0, name: 'X-Key', value: null },
      { key: 1, name: 'X-Other', value: null },
    ]);
    const headers = [
      { key: 0, name: 'X-Key', value: null },
      { key: 2, name: 'X-New', value: 'v' },
    ];
    const said = patch({ headers });
    expect(said).to.deep.equal({
      headers: [
        ['X-Key', null],
        ['X-New', 'v'],
      ],
    });
    expect(endpointPatch.parse(said)).to.deep.equal(said);
  });

  it('leaves sealed headers alone', () => {
    const sealed = draftOf(anEndpoint({ headers: 'sealed' }));
    expect(patchOf(sealed, { ...sealed, rate: '5' }, crm)).to.deep.equal({ rate: 5 });
    expect(patchOf(sealed, { ...sealed, headers: [] }, crm)).to.deep.equal({ headers: [] });
  });

  it('takes a proxy away, keeps it, or replaces it', () => {
    expect(before.proxy.kind).to.equal('keep');
    expect(patch({ proxy: { kind: 'none', text: '' } })).to.deep.equal({ proxy: null });
    expect(patch({ proxy: { kind: 'new', text: ' http://b:1 ' } })).to.deep.equal({ proxy: 'http://b:1' });
  });

  it('takes a client certificate and its key away together', () => {
    const certified = draftOf(
      anEndpoint({ clientCertificate: { subject: 'CN=a', validUntil: '2030-01-01T00:00:00Z' } }),
    );
    const without = { ...certified, clientCertificate: { kind: 'none' as const, text: '', keyText: '' } };
    expect(patchOf(certified, without, crm)).to.deep.equal({ clientCertificate: null, clientKey: null });
  });

  it('never says its tenant or its secret', () => {
    const owned = draftOf(anEndpoint({ tenant: '7' }));
    const other = { ...owned, tenant: { kind: 'all' as const, id: '' }, rate: '1' };
    expect(patchOf(owned, other, givingDay)).to.deep.equal({ rate: 1 });
  });
});

describe('dialects of the form', () => {
  it('knows those of the catalog, and takes one with a prefix for what it is', () => {
    expect(dialectOf(crm, null)).to.include({ name: 'site-stacker', overlapsSecrets: false });
    expect(dialectOf(crm, 'standard')).to.include({ requiresSecret: true, overlapsSecrets: true });
    const own = dialectOf(crm, 'prefix:Acme');
    expect(own).to.include({ name: 'prefix:Acme', requiresSecret: false, hasPing: true });
    expect(own.schedule).to.have.length(12);
  });

  it('says of amplo that it has no ping', () => {
    expect(dialectOf(givingDay, null)).to.include({ name: 'amplo', hasPing: false, requiresTls: true });
  });
});

describe('the field of a problem', () => {
  for (const [where, field] of [
    ['url', 'url'],
    ['events[2]', 'events'],
    ['schedule.3', 'schedule'],
    ['headers[0][1]', 'headers'],
    ['clientKey', 'clientKey'],
    ['endpoint', null],
    [undefined, null],
  ] as const) {
    it(`is ${field} for ${where}`, () => {
      expect(fieldOf(where === undefined ? {} : { where })).to.equal(field);
    });
  }
});
