import { expect } from 'chai';
import { ask, captureThings, eventsOfThings, openReader } from '../relay/thing-reader.ts';
import { createTestDatabase } from '../support/database.ts';
import { dumpDatabase, loadDump } from '../support/dump.ts';
import { blocksOf, readDocument } from './documents.ts';

/** A database that was loaded from the dump of one with three changes waiting, and a delivery. */
async function restored(): Promise<string> {
  const [from, to] = [(await createTestDatabase()).url, (await createTestDatabase()).url];
  await captureThings(from);
  const reader = await openReader(from);
  await ask(from, `insert into thing values (1, 'n')`);
  await reader.turnAll();
  await reader.end();
  for (const id of [2, 3, 4]) await ask(from, `insert into thing values (${id}, 'n')`);
  await loadDump(to, await dumpDatabase(from));
  return to;
}

describe('what operations.md says of restored databases', function () {
  this.timeout(60_000);
  const blocks = async (): Promise<string[]> => {
    const page = blocksOf(await readDocument('docs/operations.md'));
    return page.filter(({ heading }) => heading === 'Restored databases').map(({ text }) => text);
  };
  const readAll = async (url: string): Promise<string[]> => {
    const reader = await openReader(url);
    expect(reader.reason).to.equal('loaded_from_dump');
    await ask(url, `insert into thing values (5, 'n')`);
    await reader.turnAll();
    await reader.end();
    return Object.keys(await eventsOfThings(url));
  };

  it('is true: what waits is read, and what is read is not', async () => {
    expect(await readAll(await restored())).to.eql(['1', '2', '3', '4', '5']);
  });

  it('disables the endpoints of a copy', async () => {
    const url = await restored();
    const [disable] = await blocks();
    await ask(url, disable!);
    await readAll(url);
    const counts = await ask(
      url,
      'select record_key, delivery_count from rowhook.event order by record_key::int',
    );
    expect(counts).to.eql(
      [1, 2, 3, 4, 5].map((id) => ({ record_key: `${id}`, delivery_count: id === 1 ? 1 : 0 })),
    );
  });

  it('begins with nothing that waits', async () => {
    const url = await restored();
    const [, drop] = await blocks();
    await ask(url, drop!);
    expect(await ask(url, 'select from rowhook.delivery')).to.eql([]);
    expect(await readAll(url)).to.eql(['1', '5']);
  });
});
