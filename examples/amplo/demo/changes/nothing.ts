import type { Application } from '../../../demo/application.ts';
import { entities, of, sample } from '../entities.ts';

/** What nobody may hear of. An event that comes of it counts as a duplicate: see demo/findings.ts. */
export async function nothing(platform: Application): Promise<void> {
  const none = () => [];
  await platform.sql(
    'update campaigns set total_votes = total_votes + 1, total_donations = 7, total_raised = 99.5, average_donation = 14.21',
    [],
    none,
  );
  await platform.sql('update campaigns set name = name, updated_at = now()', [], none);
  await platform.sql('update donations set amount = amount', [], none);
  await platform.sql(`update users set first_name = 'M.'`, [], none);
  await platform.sql(`insert into users (email) values ('new@example.org')`, [], none);
  await platform.sql(`update entities set name = name || '!' where id = $1`, [entities.school], none);
  await platform.transaction(
    'a transaction is rolled back',
    async (query) => {
      await query('delete from donations');
      await query('delete from campaigns');
      return [];
    },
    'rollback',
  );
  await platform.transaction('a donation is inserted and deleted in one transaction', async (query) => {
    const [row] = await query('insert into donations (beneficiary_id, amount) values ($1, 1) returning id', [
      sample.books,
    ]);
    await query('delete from donations where id = $1', [row!.id]);
    return [];
  });
  // The last word: whatever the changes before it have raised would have come before this.
  await platform.sql(
    `update campaigns set category = 'The end' where id in ($1, $2)`,
    [sample.robotics, sample.books],
    () => [
      ['campaign_update', of('university', sample.robotics)],
      ['campaign_update', of('school', sample.books)],
    ],
  );
}
