import type { Application } from '../../../demo/application.ts';
import type { Json } from '../../../demo/json.ts';
import { part } from '../../../demo/json.ts';
import { entities, of, sample, shelter } from '../entities.ts';

export const idOf = (document: Json): string => String(part(document, 'data', 'id'));

export async function campaigns(platform: Application): Promise<void> {
  const chess = idOf(
    await platform.api(
      'POST',
      'campaigns',
      { entity_id: entities.university, name: 'Chess Club', goal: 150.5, start_date: 1509537600 },
      (document) => [['campaign_create', of('university', idOf(document))]],
    ),
  );
  await platform.api('POST', 'campaigns', { entity_id: entities.school, name: 'Playground' }, (document) => [
    ['campaign_create', of('school', idOf(document))],
  ]);
  // Nobody listens for the shelter.
  await platform.api('POST', 'campaigns', { entity_id: shelter, name: 'Summer Beds' }, () => []);

  const updated = (id: string) => () => [['campaign_update', of('university', id)]] as const;
  await platform.api('PATCH', `campaigns/${chess}`, { status: 'active', member_goal: 12 }, updated(chess));
  await platform.api('PATCH', `campaigns/${chess}`, { goal: null, category: 'Clubs' }, updated(chess));
  await platform.sql(
    `update campaigns set name = 'Robotics & "Rockets" 🚀', end_date = '2017-11-04' where id = $1`,
    [sample.robotics],
    updated(sample.robotics),
  );
  await platform.transaction('campaigns of two entities change in one transaction', async (query) => {
    await query(
      `update campaigns set public = not public where id in ('${sample.rowing}', '${sample.books}')`,
    );
    return [
      ['campaign_update', of('university', sample.rowing)],
      ['campaign_update', of('school', sample.books)],
    ];
  });
  await platform.transaction(
    'a campaign is inserted and updated in one transaction: one create',
    async (query) => {
      const [row] = await query(`insert into campaigns (entity_id, name) values ($1, 'Bus') returning id`, [
        entities.school,
      ]);
      await query(`update campaigns set name = 'School Bus', join_code = 4711 where id = $1`, [row!.id]);
      return [['campaign_create', of('school', row!.id!)]];
    },
  );
}
