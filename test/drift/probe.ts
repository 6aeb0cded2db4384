import type pg from 'pg';
import { capturePlans } from '../../src/capture/plan.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { relationsSql } from '../../src/store/relations.ts';
import { isOurs, statements } from './writers.ts';

/**
 * Inserts, updates and deletes rows in each captured table of a catalog and in each relation below it, and returns the statements
 * that changed rows without one of them being written down: what capture does not see, found by trying.
 */
export async function unseen(
  client: pg.Client,
  catalog: Catalog,
  n: number,
  tables?: RegExp,
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    capturePlans(catalog)
      .map(
        ({ table }) =>
          `select format('%I.%I', r.schema, r.name) as name from (${relationsSql(`to_regclass('${table}')::oid`)}) r`,
      )
      .join(' union '),
  );
  const captured = new Set(rows.map(({ name }) => name));
  const found: string[] = [];
  let last = await lastSeq(client);
  for (const sql of await statements(client, n, tables)) {
    const [, table = ''] = /(?:into|update|from) (\S+)/.exec(sql) ?? [];
    // Columns set to themselves are no change.
    if (!captured.has(table) || / = (\w+), .*\w+ = \w+$/.test(sql)) continue;
    try {
      const { rowCount } = await client.query(sql);
      const now = await lastSeq(client);
      if ((rowCount ?? 0) > 0 && now === last) found.push(sql);
      last = now;
    } catch (error) {
      if (isOurs(error)) throw error;
    }
  }
  return found;
}

async function lastSeq(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ seq: string }>(
    'select last_value::text as seq from rowhook.outbox_seq',
  );
  return rows[0]?.seq ?? '';
}
