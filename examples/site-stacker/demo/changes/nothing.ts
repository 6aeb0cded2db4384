import type { Application } from '../../../demo/application.ts';

/** What nobody may hear of. An event that comes of it counts as a duplicate: see findings.ts. */
export async function nothing(crm: Application): Promise<void> {
  const none = () => [];
  await crm.sql('update people set firstname = firstname, modified = modified where id = 412', [], none);
  await crm.sql('update people set last_activity = now()', [], none);
  await crm.api('PATCH', 'people/412', { firstname: 'Maren' }, none);
  await crm.transaction(
    'a transaction is rolled back',
    async (query) => {
      await query(`update people set firstname = 'Nobody'`);
      return [];
    },
    'rollback',
  );
  await crm.transaction('a savepoint is rolled back', async (query) => {
    await query('savepoint before');
    await query('delete from tags where id = 30');
    await query('rollback to savepoint before');
    return [];
  });
  await crm.transaction('a person is inserted and deleted in one transaction', async (query) => {
    const [row] = await query(`insert into people (fullname) values ('Nobody') returning id`);
    await query('delete from people where id = $1', [row!.id]);
    return [];
  });
  // The last word: whatever the changes before it have raised would have come before this.
  await crm.sql('update tag_categories set weight = weight + 1 where id = 4', [], () => [
    ['tag_category_update', '4'],
  ]);
}
