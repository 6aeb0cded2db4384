import type { Client } from 'pg';
import { tablesOfCaptures } from '../store/captures.ts';
import { addCursor, type Cursor } from './cursor/cursor.ts';
import { fanOut, type ReadyEvent, subscribers } from './events/fan-out.ts';
import { learnRoles } from './events/record-changes.ts';
import type { PageContext } from './page.ts';
import { freshRows, nextPage } from './window/next-page.ts';

const least = { rows: 1, changes: 1 };
/** No endpoint's id. */
const nobody = '0';

/**
 * Runs the statements of a page once, in a transaction that is rolled back: the server plans them and looks its catalogs up before the
 * first change comes, instead of while it waits. Where that fails, so will the first page, which says why.
 */
export async function warmUp(
  client: Client,
  { catalog, roles }: Pick<PageContext, 'catalog' | 'roles'>,
  cursor: Cursor,
): Promise<void> {
  try {
    await client.query('begin isolation level repeatable read');
    const { rows: seen } = await client.query<{ snapshot: string; ceiling: string }>(
      'select pg_current_snapshot()::text as snapshot, last_value as ceiling from rowhook.outbox_seq',
    );
    const now = { snapshot: seen[0]!.snapshot, ceilingSeq: Number(seen[0]!.ceiling) };
    const rows = await freshRows(client, cursor, least);
    await nextPage(client, { catalog, size: least }, cursor, now, { parked: false, rows });
    await learnRoles(client, { catalog, roles }, [...(await tablesOfCaptures(client)).keys()]);
    await subscribers(client, ['']);
    await fanOut(client, [example]);
    await addCursor(client, { ...cursor, id: cursor.id + 1 });
  } catch {
    // The first page meets it too.
  } finally {
    await client.query('rollback').catch(() => {});
  }
}

const example: ReadyEvent = {
  event: {
    name: '',
    resourceName: '',
    key: '',
    seq: 0,
    xid: '0',
    changedAt: new Date(0).toISOString(),
    requestId: null,
    deleted: false,
    image: undefined,
    touched: false,
    overdue: false,
  },
  payload: '',
  tenant: null,
  endpointIds: [nobody],
};
