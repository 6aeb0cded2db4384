import type { Body, Session, Value } from '../database.ts';
import { site } from './campaign.ts';

const CATEGORY = 'id name in_content_preferences order weight';

export async function tag(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('tags', id);
  if (!row) return null;
  const category = await db.one('tag_categories', row.category_id!);
  return {
    ...db.take(row, 'id name external_id external_type'),
    site: await site(db, row.site_id!),
    category: category && db.take(category, CATEGORY),
  };
}

export async function tagCategory(db: Session, id: Value): Promise<Body | null> {
  const row = await db.one('tag_categories', id);
  return row && { ...db.take(row, CATEGORY), site: await site(db, row.site_id!) };
}
