import {
  decimal,
  flag,
  json,
  jsons,
  many,
  one,
  text,
  texts,
  timestamp,
  timestamps,
} from '../../catalog/define.ts';
import type { Fields } from '../../catalog/types.ts';
import { campaignWithExternalId, campaignWithin, site } from './campaigns.ts';
import { midPerson, midPersonWithAreaCode } from './people.ts';

const changed = timestamps('created', 'modified');

const ofMethod = { from: 'id', to: 'payment_method_id' } as const;
const methodHead: Fields = { ...texts('id', 'gateway'), test_mode: json() };
const methodTail: Fields = { profile_code: text(), ...changed };

const paymentMethod = one(
  'payment_methods',
  { from: 'payment_method_id', to: 'id' },
  {
    id: text(),
    archived: json(),
    deleted: timestamp(),
    test_mode: json(),
    ...texts('last_four', 'expiration_date', 'gateway', 'currency'),
    ...texts('external_id', 'person_profile_code_override'),
    ...changed,
    card: one('payment_cards', ofMethod, {
      ...methodHead,
      ...texts('name_on_card', 'card_type', 'card_number_last_four'),
      ...texts('expiration_month', 'expiration_year'),
      ...methodTail,
    }),
    check: one('payment_checks', ofMethod, {
      ...methodHead,
      ...texts('name_on_account', 'account_type', 'account_number_last_four'),
      ...methodTail,
    }),
    paypal: one('payment_paypals', ofMethod, { ...methodHead, email: text(), ...methodTail }),
  },
);

const transactions = many(
  'transactions',
  { from: 'id', to: 'batch_id', orderBy: ['id'] },
  {
    ...texts('id', 'gateway', 'transaction_code', 'auth_code', 'error_code', 'error_message'),
    amount: decimal(2),
    success: json(),
    type: text(),
    settled: timestamp(),
    test_mode: json(),
    ...texts('external_id', 'currency'),
    pending: json(),
    ...changed,
  },
);

const schedule = one(
  'recurring_batches',
  { from: 'recurring_batch_id', to: 'id' },
  {
    id: text(),
    active: flag(),
    archived: timestamp(),
    ...texts('recurring_start_date', 'recurring_end_date', 'recurring_period', 'recurring_interval'),
    ...texts('recurring_day_of_month', 'prev_run_date', 'next_run_date', 'external_id', 'currency'),
    ...texts('source_codes', 'processed_counter'),
    ...changed,
  },
);

const channel = one(
  'site_channels',
  { from: 'site_channel_id', to: 'id' },
  {
    ...texts('id', 'name', 'title', 'status', 'date_format', 'time_format', 'timezone'),
    ...jsons('force_primary_domain', 'is_mobile'),
    session_timeout: text(),
    session_timeout_browser_close: json(),
    captcha_after_logins: text(),
    permission_access: json(),
    robots: text(),
    is_offline: json(),
    offline_message: text(),
    force_https: json(),
    template_theme: text(),
  },
);

const batchHead: Fields = {
  id: text(),
  amount: decimal(2),
  ...jsons('is_recurring', 'is_online'),
  external_id: text(),
  success: flag(),
  transaction_code: text(),
  is_testing: json(),
  ...texts('offline_type', 'offline_check_number'),
  ...timestamps('received', 'processed'),
  ...changed,
  site,
  site_channel: channel,
};

const ownContribution: Fields = {
  id: text(),
  amount: decimal(2),
  ...jsons('is_recurring', 'is_online', 'is_anonymous', 'paid_transaction_fee'),
  ...texts('error', 'notes'),
  success: flag(),
  ...texts('external_id', 'extra_data', 'source_codes'),
  pending: json(),
  ...changed,
};

const ownRecurring: Fields = {
  id: text(),
  amount: decimal(2),
  notes: text(),
  is_anonymous: json(),
  ...texts('extra_data', 'external_id', 'source_codes'),
  ...changed,
};

export const batchFields: Fields = {
  ...batchHead,
  donor: midPerson('donor_id'),
  affiliated_donor: midPerson('affiliated_donor_id'),
  payment_method: paymentMethod,
  recurring: schedule,
  contributions: many(
    'contributions',
    { from: 'id', to: 'batch_id', orderBy: ['id'] },
    { ...ownContribution, campaign: campaignWithin },
  ),
  transactions,
};

export const contributionFields: Fields = {
  ...ownContribution,
  // Without donor and contributions, so that nothing recurses.
  batch: one(
    'contribution_batches',
    { from: 'batch_id', to: 'id' },
    { ...batchHead, payment_method: paymentMethod, recurring: schedule, transactions },
  ),
  campaign: campaignWithin,
  recurring: one('recurrings', { from: 'recurring_id', to: 'id' }, ownRecurring),
  donor: midPerson('donor_id'),
  affiliated_donor: midPerson('affiliated_donor_id'),
};

export const recurringFields: Fields = {
  ...ownRecurring,
  recurring_batch: schedule,
  campaign: campaignWithExternalId,
  person: midPerson('person_id'),
  affiliated_person: midPersonWithAreaCode('affiliated_person_id'),
};
