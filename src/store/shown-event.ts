import { validate } from 'uuid';
import { RowhookError } from '../errors.ts';
import type { EventSummary } from './events.ts';
import type { Queryable } from './sql.ts';

/** An event with its body. */
export interface ShownEvent extends EventSummary {
  /** JSON text; null: nobody was subscribed, so that there is none. */
  readonly payload: string | null;
}

/**
 * @param id an event's UUID
 * @throws RowhookError `id_unknown`
 */
export async function showEvent(db: Queryable, id: string): Promise<ShownEvent> {
  const { rows } = validate(id)
    ? await db.query<ShownEvent>(
        `select id, name, resource, record_key as "recordKey", tenant, request_id as "requestId", delivery_count as deliveries,
                changed_at as "changedAt", created_at as "createdAt", payload
           from rowhook.event
          where id = $1`,
        [id],
      )
    : { rows: [] };
  const [event] = rows;
  if (event) return event;
  throw new RowhookError('id_unknown', `there is no event ${id}, or it is older than what retention keeps`, {
    fix: 'List the events to see their ids.',
  });
}
