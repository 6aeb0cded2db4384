import type { Application } from '../../../demo/application.ts';
import type { Json } from '../../../demo/json.ts';
import { idIn, part } from '../../../demo/json.ts';
import type { Expected } from '../../../demo/ledger.ts';

/** A batch is one checkout, with its contributions. */
export async function gifts(crm: Application): Promise<void> {
  const checkout = await crm.api(
    'POST',
    'contribution-batches',
    {
      ...{ site_channel_id: '1', donor_id: '413', affiliated_donor_id: '414', payment_method_id: '341' },
      ...{ success: '1', received: '2026-04-04T11:39:57Z' },
      contributions: [
        { campaign_id: '57', amount: '10.10' },
        { campaign_id: '58', amount: '0.20', notes: 'for lunch' },
      ],
      transactions: [{ gateway: 'Dummy', amount: '10.30', success: true, settled: '2026-04-04T11:39:57Z' }],
    },
    raisedByCheckout,
  );
  const [batch, first, second] = [
    idIn(checkout),
    idIn(checkout, 'contributions', '0'),
    idIn(checkout, 'contributions', '1'),
  ];
  const contributionUpdates =
    (...ids: string[]) =>
    () =>
      ids.map((id) => ['contribution_update', id] as const);
  const batchUpdate = (id: string) => () => [['contribution_batch_update', id]] as const;

  await crm.api(
    'PATCH',
    `contributions/${first}`,
    { success: '0', error: 'Refunded' },
    contributionUpdates(first),
  );
  await crm.api(
    'PATCH',
    `contributions/${second}`,
    { affiliated_donor_id: null },
    contributionUpdates(second),
  );
  await crm.api(
    'PATCH',
    `contribution-batches/${batch}`,
    { processed: '2026-04-05T00:00:00Z' },
    batchUpdate(batch),
  );

  await crm.transaction('a cheque comes by mail', async (query) => {
    const [row] = await query(
      `insert into contribution_batches (donor_id, amount, is_online, success, offline_type, offline_check_number)
       values (20, 1234567.80, false, true, 'check', '0042') returning id`,
    );
    const [gift] = await query(
      'insert into contributions (batch_id, campaign_id, donor_id, amount, is_online) values ($1, 57, 20, 1234567.80, false) returning id',
      [row!.id],
    );
    return [
      ['contribution_batch_create', row!.id!],
      ['contribution_create', gift!.id!],
    ];
  });
  await crm.sql(
    `update contributions set is_anonymous = true, source_codes = 'SPRING' where batch_id = $1`,
    [batch],
    contributionUpdates(first, second),
  );
  await crm.sql(
    'update contribution_batches set is_testing = not is_testing where id in (4400, 4401)',
    [],
    () => ['4400', '4401'].map((id) => ['contribution_batch_update', id] as const),
  );
}

/** What a new batch and its contributions raise. */
export function raisedByCheckout(batch: Json): readonly Expected[] {
  const contributions = part(batch, 'contributions') as Json[];
  return [
    ['contribution_batch_create', idIn(batch)],
    ...contributions.map((each) => ['contribution_create', idIn(each)] as const),
  ];
}
