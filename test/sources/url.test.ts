import { expect } from 'chai';
import { addressOf, keyNamesServer, shownAddress } from '../../src/sources/url.ts';

const template = 'https://crm.example/api/people/{id}';

describe('the address of a record', () => {
  const cases = [
    [template, { id: '412' }, '/api/people/412'],
    [template, { id: 'a/b?c#d e' }, '/api/people/a%2Fb%3Fc%23d%20e'],
    [template, { id: 'Zoë\\%2e' }, '/api/people/Zo%C3%AB%5C%252e'],
    [template, { id: '...' }, '/api/people/...'],
    [`${template}.json?full=1`, { id: '..' }, '/api/people/...json?full=1'],
    ['https://crm.example/people?at=/{id}', { id: '..' }, '/people?at=/..'],
    ['https://crm.example/{a}/{b}?again={a}', { a: '1&2', b: '3' }, '/1%262/3?again=1%262'],
  ] as const;
  for (const [given, key, path] of cases) {
    it(`is ${path} for ${JSON.stringify(key)}`, () => {
      const url = addressOf(given, key);
      expect(`${url?.pathname}${url?.search}`).to.equal(path);
    });
  }

  for (const id of ['', '.', '..']) {
    it(`is none for the key "${id}", which would be the address of something else`, () => {
      expect(addressOf(template, { id })).to.equal(undefined);
      expect(addressOf('https://crm.example/people/{id}/full?a=1', { id })).to.equal(undefined);
      expect(addressOf('https://crm.example/people/{id}?a=1', { id })).to.equal(undefined);
    });
  }

  it('is shown without credentials and query', () => {
    const url = new URL('https://me:secret@crm.example:8443/api/people/412?token=secret#x');
    expect(shownAddress(url)).to.equal('https://crm.example:8443/api/people/412');
  });

  it('may not have a server that a key names', () => {
    for (const wrong of [
      'https://{id}/api',
      'https://{id}.example/api',
      'https://crm.example{id}/',
      'https://a:{id}@b/',
      'https:///{id}',
      'http:////{id}/x',
      'https://\t/{id}',
      'https:/\\{id}/x',
      'https:/{id}/x',
    ])
      expect(keyNamesServer(wrong), wrong).to.equal(true);
    for (const right of [template, 'https://crm.example?id={id}', 'http://127.0.0.1:3000/{id}'])
      expect(keyNamesServer(right), right).to.equal(false);
  });
});
