import type { Context } from 'hono';
import { appendAudit } from '../../store/audit.ts';
import type { Queryable } from '../../store/sql.ts';
import type { AdminEnv, AdminParts } from './parts.ts';

/** What a change came to, and what the audit trail keeps of it. */
export interface Audited<T> {
  readonly value: T;
  /** Where it is known only now: of what was created. */
  readonly endpointId?: string | undefined;
  readonly target?: string | undefined;
  /** What it was and is. Never a secret, nor the value of a header. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Runs a change in a transaction of its own, with its entry in the audit trail: both are there, or neither.
 * @param action a stable word, such as `endpoint_update`
 * @returns the value of what `work` returns
 * @throws whatever `work` throws; nothing is changed then
 */
export function audited<T>(
  parts: Pick<AdminParts, 'db'>,
  c: Context<AdminEnv>,
  action: string,
  about: { readonly endpointId?: string | undefined; readonly target?: string | undefined },
  work: (tx: Queryable) => Promise<Audited<T>>,
): Promise<T> {
  return inTransaction(parts.db, async (tx) => {
    const { value, ...told } = await work(tx);
    await appendAudit(tx, {
      actor: c.var.user.name,
      action,
      endpointId: told.endpointId ?? about.endpointId,
      target: told.target ?? about.target,
      detail: told.detail,
    });
    return value;
  });
}

/** Read committed whatever the application has as its default: statements that try again must see what others have done. */
export async function inTransaction<T>(
  db: AdminParts['db'],
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const client = await db.connect();
  let broken = false;
  const onLoss = (): void => {
    broken = true;
  };
  // A client out of its pool has nobody else to listen, and an error that nobody hears ends the process.
  client.on('error', onLoss);
  try {
    await client.query('begin isolation level read committed read write');
    const value = await work(client);
    await client.query('commit');
    return value;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.off('error', onLoss);
    client.release(broken);
  }
}
