import { dollarTag } from './dollar-tag.ts';
import type { CaptureId } from './row-sql.ts';

/*
 * Writes that the other triggers do not see. While session_replication_role is `replica` ordinary triggers do not fire; a trigger that is
 * enabled for replicas fires then, and only then. What was written it cannot tell without reading it, which nobody asked for: it notes
 * that something was.
 */

/**
 * The function of the bypass trigger. Once a transaction and capture is enough: a savepoint that is rolled back takes both the row and
 * the mark with it. Pure.
 */
export function bypassFunctionSql(captureId: CaptureId, requestId: string): string {
  const mark = `'rowhook.bypassed_${captureId}'`;
  const body = `begin
  -- ENABLE TRIGGER ALL would make it fire for everybody.
  if current_setting('session_replication_role') = 'replica'
    and current_setting(${mark}, true) is distinct from pg_current_xact_id()::text then
    perform set_config(${mark}, pg_current_xact_id()::text, true);
    insert into rowhook.outbox (capture_id, op, n, request_id) values (${captureId}, 'b', 0, ${requestId});
    if pg_sequence_last_value('rowhook.bell'::regclass) = 2 then
      perform rowhook.ring();
    end if;
  end if;
  return null;
end`;
  const tag = dollarTag('rowhook', body);
  return `create or replace function rowhook.capture_${captureId}_bypass() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set jit = off
as ${tag}
${body}
${tag}`;
}

/** Two statements: a trigger that is made, or made anew, fires for everybody until it is told otherwise. Pure. */
export const bypassTriggerSql = (
  captureId: CaptureId,
  table: string,
): string => `create or replace trigger rowhook_bypass after insert or update or delete or truncate on ${table}
for each statement execute function rowhook.capture_${captureId}_bypass();
alter table ${table} enable replica trigger rowhook_bypass`;
