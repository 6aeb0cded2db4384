import type { Application } from '../../../demo/application.ts';
import { idIn } from '../../../demo/json.ts';

/** A campaign's item, goals and fixed amounts are part of it: a change of them is an update of the campaign. */
export async function campaigns(crm: Application): Promise<void> {
  const library = idIn(
    await crm.api(
      'POST',
      'campaigns',
      {
        ...{ category_id: '2', goal_amount: '900', start: '2026-05-01' },
        item: {
          alias: 'library',
          name: 'Library',
          owner_id: '20',
          publish_datetime: '2026-05-01T02:00:00+02:00',
        },
        goals: [{ goal_amount: 50, interval: 2, period: 'week' }],
        fixed_amounts: [{ label: '$5', amount: '5' }],
      },
      (body) => [['campaign_create', idIn(body)]],
    ),
  );
  const updated = (id: string) => () => [['campaign_update', id]] as const;
  await crm.api(
    'PATCH',
    `campaigns/${library}`,
    { item: { name: 'Town Library' }, goals: [] },
    updated(library),
  );
  await crm.api(
    'PATCH',
    `campaigns/${library}`,
    { max_amount: '2500.5', end: '2026-12-31' },
    updated(library),
  );
  await crm.sql(`update items set name = 'Clean Water for All' where campaign_id = 57`, [], updated('57'));
  await crm.sql(
    'insert into campaign_goals (campaign_id, goal_amount, period) values (57, 75, $1)',
    ['week'],
    updated('57'),
  );
  await crm.sql('delete from campaign_fixed_amounts where campaign_id = 57', [], updated('57'));
  await crm.sql('update campaigns set min_amount = 10 where id = 58', [], updated('58'));

  let garden = '';
  await crm.transaction('a campaign is created, with its item', async (query) => {
    const [campaign] = await query('insert into campaigns (category_id, site_id) values (3, 2) returning id');
    garden = campaign!.id!;
    await query(`insert into items (campaign_id, alias, name) values ($1, 'garden', 'School Garden')`, [
      garden,
    ]);
    return [['campaign_create', garden]];
  });
  await crm.transaction('a goal moves from one campaign to another: both are updated', async (query) => {
    await query('update campaign_goals set campaign_id = $1 where id = 9', [garden]);
    return [
      ['campaign_update', '58'],
      ['campaign_update', garden],
    ];
  });

  await crm.remember(`campaigns/${library}`, `campaigns/${garden}`);
  await crm.api('DELETE', `campaigns/${library}`, undefined, () => [['campaign_delete', library]]);
  await crm.sql('delete from campaigns where id = $1', [garden], () => [['campaign_delete', garden]]);
}
