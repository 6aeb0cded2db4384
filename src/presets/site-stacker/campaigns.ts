import { decimal, json, many, one, text, texts, timestamps } from '../../catalog/define.ts';
import type { Fields, OneField } from '../../catalog/types.ts';
import { thinPerson } from './people.ts';

const amounts: Fields = {
  id: text(),
  goal_amount: decimal(2),
  min_amount: decimal(2),
  max_amount: decimal(2),
  ...texts('start', 'end'),
};
const ofCampaign = { from: 'id', to: 'campaign_id' } as const;

const item = one('items', ofCampaign, {
  ...texts('id', 'alias', 'name'),
  ...timestamps('publish_datetime', 'unpublish_datetime'),
  external_id: text(),
  ...timestamps('created', 'modified'),
  owner: thinPerson('owner_id'),
});

export const site = one(
  'sites',
  { from: 'site_id', to: 'id' },
  { ...texts('id', 'name'), require_authentication: json() },
);

export const campaignFields: Fields = {
  ...amounts,
  item,
  category: one(
    'campaign_categories',
    { from: 'category_id', to: 'id' },
    texts('id', 'name', 'campaign_label'),
  ),
  site,
  goals: many(
    'campaign_goals',
    { ...ofCampaign, orderBy: ['id'] },
    { id: text(), goal_amount: decimal(2), ...texts('interval', 'period') },
  ),
  fixed_amounts: many(
    'campaign_fixed_amounts',
    { ...ofCampaign, orderBy: ['id'] },
    { ...texts('id', 'label'), amount: decimal(2), is_default: json() },
  ),
};

/** The campaign inside a gift. */
export const campaignWithin: OneField = one(
  'campaigns',
  { from: 'campaign_id', to: 'id' },
  { ...amounts, item },
);

/** Inside a recurring gift it repeats its item's external id. */
export const campaignWithExternalId: OneField = one(
  'campaigns',
  { from: 'campaign_id', to: 'id' },
  { ...amounts, external_id: one('items', ofCampaign, text('external_id')), item },
);
