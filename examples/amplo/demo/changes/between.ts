import type { Application } from '../../../demo/application.ts';
import { entities, of, sample } from '../entities.ts';

/** What moves from one Entity to another is the other's business from then on, and only the other's. */
export async function between(platform: Application): Promise<void> {
  await platform.api('PATCH', `donations/${sample.gift}`, { beneficiary_id: sample.books }, () => [
    ['donation_update', of('school', sample.gift)],
  ]);
  await platform.api('PATCH', `donations/${sample.gift}`, { note: 'for atlases' }, () => [
    ['donation_update', of('school', sample.gift)],
  ]);
  // To whom a campaign belongs is none of its attributes.
  await platform.sql(
    'update campaigns set entity_id = $1 where id = $2',
    [entities.school, sample.robotics],
    () => [],
  );
  await platform.sql(`update campaigns set name = 'Robots' where id = $1`, [sample.robotics], () => [
    ['campaign_update', of('school', sample.robotics)],
  ]);
  await platform.sql(
    `update donations set note = 'moved' where beneficiary_id = $1 returning id`,
    [sample.robotics],
    (rows) => rows.map(({ id }) => ['donation_update', of('school', id!)]),
  );
  await platform.transaction('a campaign moves and changes in one transaction', async (query) => {
    await query(`update campaigns set goal = 3000 where id = $1`, [sample.robotics]);
    await query('update campaigns set entity_id = $1 where id = $2', [entities.university, sample.robotics]);
    return [['campaign_update', of('university', sample.robotics)]];
  });
}
