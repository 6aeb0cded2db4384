import type { Application } from '../../../demo/application.ts';
import { anyOf, anyRow, between, type Happening } from '../../../demo/chance.ts';
import { idIn } from '../../../demo/json.ts';
import type { Expected } from '../../../demo/ledger.ts';
import { anyAmount } from './chance.ts';
import { raisedByCheckout } from './gifts.ts';

/* People give, once and every month, cancel and come back; the office keeps the books and the campaigns. */

async function give(crm: Application): Promise<void> {
  const donor = await anyRow(crm, 'select id from people');
  const campaign = await anyRow(crm, 'select id from campaigns');
  if (!donor || !campaign) return;
  const contributions = Array.from({ length: between(1, 2) }, () => ({
    campaign_id: campaign.id,
    amount: anyAmount(),
  }));
  const amount = contributions.reduce((sum, each) => sum + Number(each.amount), 0).toFixed(2);
  const transactions = [{ gateway: 'Dummy', amount, success: true }];
  const batch = {
    donor_id: donor.id,
    success: '1',
    site_channel_id: anyOf(['1', '2']),
    contributions,
    transactions,
  };
  await crm.api('POST', 'contribution-batches', batch, raisedByCheckout);
}

async function giveByMail(crm: Application): Promise<void> {
  const donor = await anyRow(crm, 'select id from people');
  const amount = anyAmount();
  await crm.transaction('a cheque comes by mail', async (query) => {
    const [batch] = await query(
      `insert into contribution_batches (donor_id, amount, is_online, success, offline_type)
       values ($1, $2, false, true, 'check') returning id`,
      [donor?.id, amount],
    );
    const [gift] = await query(
      `insert into contributions (batch_id, campaign_id, donor_id, amount, is_online, success)
       values ($1, (select min(id) from campaigns), $2, $3, false, true) returning id`,
      [batch!.id, donor?.id, amount],
    );
    return [
      ['contribution_batch_create', batch!.id!],
      ['contribution_create', gift!.id!],
    ];
  });
}

async function refund(crm: Application): Promise<void> {
  const gift = await anyRow(crm, 'select id from contributions where success');
  if (!gift) return;
  const { id } = gift;
  const input = { success: '0', error: 'Refunded' };
  await crm.api('PATCH', `contributions/${id}`, input, () => [['contribution_update', id!]]);
}

async function settle(crm: Application): Promise<void> {
  await crm.sql(
    `update contribution_batches set processed = now(), modified = now()
      where id in (select id from contribution_batches where processed is null order by id limit 3) returning id`,
    [],
    (rows) => rows.map(({ id }) => ['contribution_batch_update', id!]),
  );
}

async function giveMonthly(crm: Application): Promise<void> {
  const donor = await anyRow(crm, 'select id from people where not is_group');
  const campaign = await anyRow(crm, 'select id from campaigns');
  if (!donor || !campaign) return;
  const input = {
    ...{ person_id: donor.id, campaign_id: campaign.id, amount: anyAmount() },
    recurring_batch: { recurring_start_date: '2026-01-15', recurring_day_of_month: between(1, 28) },
  };
  await crm.api('POST', 'recurrings', input, (body) => [['recurring_create', idIn(body)]]);
}

/** Gift 215 is left alone: the header asks people to cancel it. */
function turn(action: 'cancel' | 'reactivate'): Happening {
  return async (crm) => {
    const gift = await anyRow(
      crm,
      `select r.id, b.id as schedule from recurrings r join recurring_batches b on b.id = r.recurring_batch_id
        where b.id <> 215 and b.active = ${action === 'cancel'}`,
    );
    if (!gift) return;
    const gifts = await crm.read('select id from recurrings where recurring_batch_id = $1', [gift.schedule]);
    await crm.api('POST', `recurrings/${gift.id}/${action}`, undefined, () =>
      gifts.flatMap(({ id }): Expected[] => [
        ['recurring_update', id!],
        [`recurring_${action}`, id!],
      ]),
    );
  };
}

async function raiseGoal(crm: Application): Promise<void> {
  await crm.sql(
    `update campaigns set goal_amount = coalesce(goal_amount, 0) + $1
      where id = (select id from campaigns order by random() limit 1) returning id`,
    [between(1, 9) * 100],
    (rows) => rows.map(({ id }) => ['campaign_update', id!]),
  );
}

async function renameCampaign(crm: Application): Promise<void> {
  const names = ['Clean Water', 'Clean Water Now', 'Water for All', 'Wells and Water'];
  await crm.sql(
    'update items set name = $1, modified = now() where campaign_id = 57 returning campaign_id as id',
    [anyOf(names)],
    (rows) => rows.map(({ id }) => ['campaign_update', id!]),
  );
}

export const giving: ReadonlyArray<readonly [weight: number, happening: Happening]> = [
  ...([
    [6, give],
    [1, giveByMail],
    [1, refund],
    [1, settle],
    [2, giveMonthly],
  ] as const),
  ...([
    [2, turn('cancel')],
    [2, turn('reactivate')],
    [1, raiseGoal],
    [1, renameCampaign],
  ] as const),
];
