import type { Body, Row, Session, Value } from '../database.ts';
import { campaignWithin, site } from './campaign.ts';
import { paymentMethod, transactions } from './payments.ts';
import { midPerson } from './people.ts';

/** Some flags of giving are the strings "1" and "0", as they were before the application knew booleans. */
const digit = (value: Value | undefined): string => (value === true ? '1' : '0');

export async function contribution(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('contributions', id);
  if (!row) return null;
  const recurring = await db.one('recurrings', row.recurring_id!);
  return {
    ...ownContribution(db, row),
    batch: await batchWithin(db, row.batch_id!),
    campaign: await campaignWithin(db, row.campaign_id!),
    recurring: recurring && db.take(recurring, RECURRING),
    donor: await midPerson(db, row.donor_id!),
    affiliated_donor: await midPerson(db, row.affiliated_donor_id!),
  };
}

export async function contributionBatch(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('contribution_batches', id);
  if (!row) return null;
  const contributions: Body[] = [];
  for (const each of await db.all('contributions', 'batch_id', row.id!)) {
    contributions.push({
      ...ownContribution(db, each),
      campaign: await campaignWithin(db, each.campaign_id!),
    });
  }
  return {
    ...(await batchHead(db, row)),
    donor: await midPerson(db, row.donor_id!),
    affiliated_donor: await midPerson(db, row.affiliated_donor_id!),
    payment_method: await paymentMethod(db, row.payment_method_id!),
    recurring: await schedule(db, row.recurring_batch_id!),
    contributions,
    transactions: await transactions(db, row),
  };
}

export async function recurring(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('recurrings', id);
  if (!row) return null;
  return {
    ...db.take(row, RECURRING),
    recurring_batch: await schedule(db, row.recurring_batch_id!),
    campaign: await campaignWithin(db, row.campaign_id!, 'with external id'),
    person: await midPerson(db, row.person_id!),
    affiliated_person: await midPerson(db, row.affiliated_person_id!, 'with area code'),
  };
}

const RECURRING = 'id amount notes is_anonymous extra_data external_id source_codes created modified';
const CHANNEL = [
  'id name title status date_format time_format timezone force_primary_domain is_mobile session_timeout',
  'session_timeout_browser_close captcha_after_logins permission_access robots is_offline offline_message',
  'force_https template_theme',
];

const ownContribution = (db: Session, row: Row): Body => ({
  ...db.take(row, 'id amount is_recurring is_online is_anonymous paid_transaction_fee error notes'),
  success: digit(row.success),
  ...db.take(row, 'external_id extra_data source_codes pending created modified'),
});

/** What a batch begins with everywhere. */
async function batchHead(db: Session, row: Row): Promise<Body> {
  const channel = await db.one('site_channels', row.site_channel_id!);
  return {
    ...db.take(row, 'id amount is_recurring is_online external_id'),
    success: digit(row.success),
    ...db.take(row, 'transaction_code is_testing offline_type offline_check_number received processed'),
    ...db.take(row, 'created modified'),
    site: await site(db, row.site_id!),
    site_channel: channel && db.take(channel, ...CHANNEL),
  };
}

/** The batch inside a contribution: without donor and contributions, so that nothing recurses. */
async function batchWithin(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('contribution_batches', id);
  return (
    row && {
      ...(await batchHead(db, row)),
      payment_method: await paymentMethod(db, row.payment_method_id!),
      recurring: await schedule(db, row.recurring_batch_id!),
      transactions: await transactions(db, row),
    }
  );
}

async function schedule(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('recurring_batches', id);
  return (
    row && {
      ...db.take(row, 'id'),
      active: digit(row.active),
      ...db.take(row, 'archived recurring_start_date recurring_end_date recurring_period'),
      ...db.take(row, 'recurring_interval recurring_day_of_month prev_run_date next_run_date external_id'),
      ...db.take(row, 'currency source_codes processed_counter created modified'),
    }
  );
}
