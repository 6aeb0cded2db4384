import { jsons, number, texts, timestamps } from '../../catalog/define.ts';
import type { Fields } from '../../catalog/types.ts';

const head: Fields = {
  ...texts('name', 'url', 'logo'),
  ...timestamps('start_date', 'end_date'),
  ...texts('status', 'category', 'campaign_type'),
  ...jsons('allow_subscriptions'),
};

/** What is rolled up from votes and donations. */
const statistics: Fields = {
  ...jsons('total_votes', 'total_donations'),
  total_raised: number(),
  average_donation: number(),
};

const tail: Fields = {
  ...jsons('join_code'),
  ...texts('external_id'),
  goal: number(),
  member_goal: number(),
  ...jsons('public'),
};

/** Whose change is a change of the campaign. Each shows the column of its name. */
export const coreAttributes: Fields = { ...head, ...tail };

export const campaignAttributes: Fields = { ...head, ...statistics, ...tail };
