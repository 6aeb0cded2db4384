import type { Row, Value } from './database.ts';

/** A JSON:API document with a single object. */
export interface Document {
  readonly data: {
    readonly id: string;
    readonly type: 'campaigns' | 'donations';
    readonly attributes: Readonly<Record<string, string | number | boolean | readonly string[] | null>>;
  };
}

/*
 * Written from the shapes of the specification, and independent of rowhook's catalog.
 */

export function campaignDocument(row: Row): Document {
  return {
    data: {
      id: String(row.id),
      type: 'campaigns',
      attributes: {
        name: plain(row.name),
        url: plain(row.url),
        logo: plain(row.logo),
        start_date: unixSeconds(row.start_date),
        end_date: unixSeconds(row.end_date),
        status: plain(row.status),
        category: plain(row.category),
        campaign_type: plain(row.campaign_type),
        allow_subscriptions: plain(row.allow_subscriptions),
        total_votes: plain(row.total_votes),
        total_donations: plain(row.total_donations),
        total_raised: dollars(row.total_raised),
        average_donation: dollars(row.average_donation),
        join_code: plain(row.join_code),
        external_id: plain(row.external_id),
        goal: dollars(row.goal),
        member_goal: dollars(row.member_goal),
        public: plain(row.public),
      },
    },
  };
}

export function donationDocument(row: Row): Document {
  return {
    data: {
      id: String(row.id),
      type: 'donations',
      attributes: {
        user_id: plain(row.user_id),
        beneficiary_type: plain(row.beneficiary_type),
        beneficiary_id: plain(row.beneficiary_id),
        amount: dollars(row.amount),
        status: plain(row.status),
        public: plain(row.public),
        donation_type: plain(row.donation_type),
        external_id: plain(row.external_id),
        recurring: plain(row.recurring),
        auth_code: plain(row.auth_code),
        transact_id: plain(row.transact_id),
        note: plain(row.note),
        check_number: plain(row.check_number),
        credit_card_fingerprint: plain(row.credit_card_fingerprint),
        tickets: plain(row.tickets),
        refunded: plain(row.refunded),
        refundable: plain(row.refundable),
        refund_donation_ids: plain(row.refund_donation_ids),
        appeal: plain(row.appeal),
        causes_allocated_to: plain(row.causes_allocated_to),
      },
    },
  };
}

function plain(value: Value | undefined): string | number | boolean | readonly string[] | null {
  if (value === undefined || value instanceof Date) throw new Error('The row has no such plain column.');
  return value;
}

/** A number has more digits than any amount that a column can hold. */
const dollars = (value: Value | undefined): number | null => (value === null ? null : Number(value));

/** Cut to the second, not rounded: nothing must seem to happen in the future. */
function unixSeconds(value: Value | undefined): number | null {
  return value instanceof Date ? Math.floor(value.getTime() / 1000) : null;
}
