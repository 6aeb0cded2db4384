import { z } from 'zod';
import { date, may, maybe, money, text } from './values.ts';

/* What a client may write of campaigns and gifts: keys are the columns; a key that is not here is refused. */

export const itemFields = z.strictObject({
  owner_id: maybe.id,
  alias: text,
  name: text,
  publish_datetime: maybe.timestamp,
  unpublish_datetime: maybe.timestamp,
  external_id: maybe.text,
});
export const campaignFields = z.strictObject({
  category_id: maybe.id,
  site_id: may.id,
  goal_amount: maybe.money,
  min_amount: maybe.money,
  max_amount: maybe.money,
  start: maybe.date,
  end: maybe.date,
  item: itemFields,
  goals: z
    .array(z.strictObject({ id: may.id, goal_amount: money, interval: may.count, period: may.text }))
    .optional(),
  fixed_amounts: z
    .array(z.strictObject({ id: may.id, label: text, amount: money, is_default: may.flag }))
    .optional(),
});
export const campaignChange = campaignFields.extend({ item: itemFields.partial() }).partial();

export const contributionFields = z.strictObject({
  campaign_id: maybe.id,
  recurring_id: maybe.id,
  donor_id: maybe.id,
  affiliated_donor_id: maybe.id,
  amount: money,
  is_recurring: may.flag,
  is_online: may.flag,
  is_anonymous: may.flag,
  paid_transaction_fee: may.flag,
  error: maybe.text,
  notes: maybe.text,
  success: may.digit,
  external_id: maybe.text,
  extra_data: maybe.text,
  source_codes: maybe.text,
  pending: may.flag,
});
const transactionFields = z.strictObject({
  gateway: text,
  transaction_code: maybe.text,
  auth_code: maybe.text,
  error_code: maybe.text,
  error_message: maybe.text,
  amount: money,
  success: may.flag,
  type: may.text,
  settled: maybe.timestamp,
  test_mode: may.flag,
  external_id: may.text,
  currency: may.text,
  pending: may.flag,
});
export const batchFields = z.strictObject({
  site_id: may.id,
  site_channel_id: maybe.id,
  donor_id: maybe.id,
  affiliated_donor_id: maybe.id,
  payment_method_id: maybe.id,
  recurring_batch_id: maybe.id,
  amount: may.money,
  is_recurring: may.flag,
  is_online: may.flag,
  external_id: maybe.text,
  success: may.digit,
  transaction_code: maybe.text,
  is_testing: may.flag,
  offline_type: maybe.text,
  offline_check_number: maybe.text,
  received: maybe.timestamp,
  processed: maybe.timestamp,
});
export const newBatch = batchFields.extend({
  contributions: z.array(contributionFields).min(1),
  transactions: z.array(transactionFields).default([]),
});

const scheduleFields = z.strictObject({
  payment_method_id: maybe.id,
  archived: maybe.timestamp,
  recurring_start_date: date,
  recurring_end_date: maybe.date,
  recurring_period: may.text,
  recurring_interval: may.count,
  recurring_day_of_month: maybe.count,
  prev_run_date: maybe.date,
  next_run_date: maybe.date,
  external_id: maybe.text,
  currency: may.text,
  source_codes: maybe.text,
  processed_counter: may.count,
});
const recurringOwn = z.strictObject({
  campaign_id: maybe.id,
  person_id: maybe.id,
  affiliated_person_id: maybe.id,
  amount: money,
  notes: maybe.text,
  is_anonymous: may.flag,
  extra_data: maybe.text,
  external_id: maybe.text,
  source_codes: maybe.text,
});
/** A new recurring gift brings its own schedule, or joins the one named. */
export const newRecurring = recurringOwn.extend({
  recurring_batch_id: may.id,
  recurring_batch: scheduleFields.optional(),
});
export const recurringChange = recurringOwn.extend({ recurring_batch: scheduleFields.partial() }).partial();
