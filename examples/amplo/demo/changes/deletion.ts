import type { Application } from '../../../demo/application.ts';
import { entities, of, sample } from '../entities.ts';
import { idOf } from './campaigns.ts';

/** The platform marks as deleted; the office really deletes, and sometimes takes a mark away again. */
export async function deletion(platform: Application): Promise<void> {
  const donation = await given(platform);
  await platform.api('DELETE', `donations/${donation}`, undefined, () => [
    ['donation_delete', of('school', donation)],
  ]);
  await platform.sql(`update donations set note = 'nobody sees this' where id = $1`, [donation], () => []);
  await platform.sql('update donations set deleted_at = null where id = $1', [donation], () => [
    ['donation_create', of('school', donation)],
  ]);
  await platform.sql('delete from donations where id = $1', [donation], () => [
    ['donation_delete', of('school', donation)],
  ]);

  const marked = await given(platform);
  await platform.sql(
    'update donations set deleted_at = to_timestamp(1510000000.9) where id = $1',
    [marked],
    () => [['donation_delete', of('school', marked)]],
  );
  await platform.sql('delete from donations where id = $1', [marked], () => []);

  const campaign = idOf(
    await platform.api('POST', 'campaigns', { entity_id: entities.school, name: 'A try' }, (document) => [
      ['campaign_create', of('school', idOf(document))],
    ]),
  );
  await platform.api('DELETE', `campaigns/${campaign}`, undefined, () => [
    ['campaign_delete', of('school', campaign)],
  ]);

  await platform.transaction('a campaign is purged, with all that was given to it', async (query) => {
    const gifts = await query('select id from donations where beneficiary_id = $1', [sample.rowing]);
    await query('delete from campaigns where id = $1', [sample.rowing]);
    return [
      ['campaign_delete', of('university', sample.rowing)],
      ...gifts.map(({ id }) => ['donation_delete', of('university', id!)] as const),
    ];
  });
}

async function given(platform: Application): Promise<string> {
  const input = { beneficiary_id: sample.books, amount: 5, status: 'paid' };
  return idOf(
    await platform.api('POST', 'donations', input, (document) => [
      ['donation_create', of('school', idOf(document))],
    ]),
  );
}
