import type { Body, Row, Session, Value } from '../database.ts';
import { thinPerson } from './people.ts';

const CAMPAIGN = 'id goal_amount min_amount max_amount start end';

export async function campaign(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('campaigns', id);
  if (!row) return null;
  const category = await db.one('campaign_categories', row.category_id!);
  const goals = await db.all('campaign_goals', 'campaign_id', row.id!);
  const fixedAmounts = await db.all('campaign_fixed_amounts', 'campaign_id', row.id!);
  return {
    ...db.take(row, CAMPAIGN),
    item: await item(db, row),
    category: category && db.take(category, 'id name campaign_label'),
    site: await site(db, row.site_id!),
    goals: goals.map((goal) => db.take(goal, 'id goal_amount interval period')),
    fixed_amounts: fixedAmounts.map((amount) => db.take(amount, 'id label amount is_default')),
  };
}

/** The campaign inside a gift; in a recurring gift it also repeats its item's external id. */
export async function campaignWithin(
  db: Session,
  id: Value,
  externalId?: 'with external id',
): Promise<Body | null> {
  const row = await db.one('campaigns', id);
  if (!row) return null;
  const body = { ...db.take(row, CAMPAIGN), item: await item(db, row) };
  if (!externalId) return body;
  return { ...db.take(row, CAMPAIGN), external_id: body.item && body.item.external_id!, item: body.item };
}

export async function site(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('sites', id);
  return row && db.take(row, 'id name require_authentication');
}

async function item(db: Session, campaign: Row): Promise<Body | null> {
  const row = await db.by('items', 'campaign_id', campaign.id!);
  return (
    row && {
      ...db.take(row, 'id alias name publish_datetime unpublish_datetime external_id'),
      ...db.take(row, 'created modified'),
      owner: await thinPerson(db, row.owner_id!),
    }
  );
}
