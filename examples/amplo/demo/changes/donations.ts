import type { Application } from '../../../demo/application.ts';
import { of, sample } from '../entities.ts';
import { idOf } from './campaigns.ts';

export async function donations(platform: Application): Promise<void> {
  // The platform writes the statistics of the campaign in the same transaction: no word of that.
  const given = idOf(
    await platform.api(
      'POST',
      'donations',
      { beneficiary_id: sample.robotics, amount: 12.5, user_id: sample.maren, status: 'paid' },
      (document) => [['donation_create', of('university', idOf(document))]],
    ),
  );
  await platform.api(
    'POST',
    'donations',
    {
      ...{ beneficiary_id: sample.books, amount: 0.05, donation_type: 'check', check_number: '0042' },
      ...{ tickets: ['dinner-1', 'dinner-2'], causes_allocated_to: ['atlases'] },
    },
    (document) => [['donation_create', of('school', idOf(document))]],
  );
  await platform.api('POST', 'donations', { beneficiary_id: sample.beds, amount: 20 }, () => []);

  const updated = (id: string) => () => [['donation_update', of('university', id)]] as const;
  await platform.api('PATCH', `donations/${given}`, { note: 'For the "arm"\nand the 🦾' }, updated(given));
  await platform.api('PATCH', `donations/${given}`, { amount: 1_000_000.1 }, updated(given));
  await platform.sql(
    `update donations set refunded = true, refundable = false, status = 'refunded', refund_donation_ids = array[id] where id = $1`,
    [given],
    updated(given),
  );
  // Any change counts, also of what no body shows.
  await platform.sql(
    'update donations set updated_at = now() where id = $1',
    [sample.gift],
    updated(sample.gift),
  );
  await platform.sql(
    'update donations set public = not public where beneficiary_id = any ($1) returning id, beneficiary_id as campaign',
    [[sample.rowing, sample.books]],
    (rows) =>
      rows.map(({ id, campaign }) => [
        'donation_update',
        of(campaign === sample.books ? 'school' : 'university', id!),
      ]),
  );
}
