import { jsons, number, texts } from '../../catalog/define.ts';
import type { Fields } from '../../catalog/types.ts';

export const donationAttributes: Fields = {
  ...texts('user_id', 'beneficiary_type', 'beneficiary_id'),
  amount: number(),
  ...texts('status'),
  ...jsons('public'),
  ...texts('donation_type', 'external_id'),
  ...jsons('recurring'),
  ...texts('auth_code', 'transact_id', 'note', 'check_number', 'credit_card_fingerprint'),
  ...jsons('tickets', 'refunded', 'refundable', 'refund_donation_ids'),
  ...texts('appeal'),
  ...jsons('causes_allocated_to'),
};
