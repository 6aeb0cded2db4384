import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { RowhookError } from './errors.ts';
import { headerValueMaxLength, isHeaderValue } from './wire/header-value.ts';

/**
 * Ties a Request-Id to the transaction: every event that results from its changes is delivered with it, so that an API client
 * that also receives webhooks knows its own doing. It ends with the transaction. Elsewhere the same is done by
 * `select set_config('rowhook.request_id', $1, true)`.
 * @param transaction a knex transaction, or a pg client on which `begin` has run
 * @throws RowhookError `request_id_invalid` when it cannot be the value of an HTTP header, `transaction_missing`
 */
export async function withRequestId(transaction: Knex.Transaction | ClientBase, id: string): Promise<void> {
  if (typeof id !== 'string' || !isHeaderValue(id)) {
    throw new RowhookError(
      'request_id_invalid',
      `a Request-Id has 1 to ${headerValueMaxLength} visible ASCII characters, with blanks between them only; found ${shown(id)}`,
      { fix: 'Take the value of the request as it came, or make one of your own, such as a UUID.' },
    );
  }
  if (isKnex(transaction)) {
    if (!transaction.isTransaction) throw noTransaction('knex itself');
    await transaction.raw(`select set_config('rowhook.request_id', ?, true)`, [id]);
    return;
  }
  // Outside of a transaction the setting would be gone with the statement, and nobody would notice.
  if (transaction.getTransactionStatus?.() === 'I')
    throw noTransaction('a client that has no transaction open');
  if ('totalCount' in transaction)
    throw noTransaction('a pool, whose next statement may go to another client');
  await transaction.query(`select set_config('rowhook.request_id', $1, true)`, [id]);
}

function isKnex(transaction: Knex.Transaction | ClientBase): transaction is Knex.Transaction {
  return typeof transaction === 'function';
}

function noTransaction(found: string): RowhookError {
  return new RowhookError(
    'transaction_missing',
    `a Request-Id holds for one transaction; this was given ${found}`,
    {
      fix: 'Pass the `trx` of knex.transaction, or the client on which `begin` has run.',
    },
  );
}

function shown(id: unknown): string {
  if (typeof id !== 'string') return `a value of type ${id === null ? 'null' : typeof id}`;
  return id.length > 60 ? `${id.length} characters: ${JSON.stringify(id.slice(0, 60))}…` : JSON.stringify(id);
}
