import type { Client } from 'pg';
import type { Log } from '../../store/log.ts';
import type { Queryable } from '../../store/sql.ts';
import type { Cursor } from '../cursor/cursor.ts';
import type { PageContext } from '../page.ts';
import { type Due, dueRecords } from './due.ts';
import { answerRequests } from './requests.ts';
import { putAllOff, type Retried, retry } from './retry.ts';

/** Of what is set aside at a time. */
const mostRecords = 200;
/** Between looks whether anything is due. */
const lookMs = 250;
/** While there is other work, and where they take long at any time, retries take no more than this part of it. */
const defaultShare = 0.2;
/** Longer than this a change that comes meanwhile should not wait again and again. */
const longMs = 100;

/** Tries again what is set aside: what is due, and what somebody asks for. */
export interface Retries {
  /** Whether anything is set aside. */
  readonly any: boolean;
  /** Whether it is time to look for some that are due. */
  readonly isTime: boolean;
  /** Something was set aside just now. */
  heard(): void;
  /**
   * One page of it, where it is time for one; undefined: there was none. Bounded like any page, and apart from those: what fails here
   * holds up nobody (but for a lost connection, and another relay's cursor, with which it rejects).
   * @param busy there is other work to do
   */
  turn(client: Client, context: PageContext, cursor: Cursor, busy: boolean): Promise<Turn | undefined>;
}

interface Turn extends Omit<Retried, 'aside' | 'records'> {
  /** There is more to try at once. */
  readonly more: boolean;
}

/**
 * @param any whether anything is set aside as it begins
 * @param share of the time that they take at most while there is other work
 */
export function createRetries(any: boolean, log: Log, share = defaultShare): Retries {
  let isAny = any;
  let most = mostRecords;
  let nextLook = 0;
  let nextTurn = 0;
  /** The same while there is nothing else to do. */
  let nextIdleTurn = 0;

  /** Than there were at last, for there may have been less than could be. */
  const fewer = ({ keys }: Due) => Math.max(1, Math.min(most, keys.length) >> 2);

  async function retryDue(client: Client, context: PageContext, cursor: Cursor, due: Due): Promise<Turn> {
    try {
      const { aside, records, ...retried } = await retry(client, context, cursor, due);
      const isStuck = records === 0 && aside.length > 0 && aside.every(({ why }) => !why.proven);
      most = isStuck ? fewer(due) : Math.min(2 * most, mostRecords);
      const { resourceName: resource } = due;
      if (records > 0)
        log.info({ resource, records, events: retried.events }, 'records that were set aside are shown');
      return { ...retried, more: true };
    } catch (error) {
      // Whatever the error says, this tells whether the connection is lost: some servers' statements fail with codes of class 08.
      await client.query('rollback').catch(() => {
        throw error;
      });
      if (context.stopped?.aborted) throw error;
      most = fewer(due);
      log.warn({ err: error, resource: due.resourceName }, 'what is set aside is tried again later');
      const next = await putAllOff(client, cursor, due);
      return { cursor: next, events: 0, deliveries: 0, parked: false, more: true };
    }
  }

  return {
    get any() {
      return isAny;
    },
    get isTime() {
      return isAny && performance.now() >= Math.max(nextLook, nextIdleTurn);
    },
    heard() {
      isAny = true;
      nextLook = 0;
    },
    async turn(client, context, cursor, busy) {
      const startedAt = performance.now();
      if (!isAny || startedAt < nextLook || startedAt < (busy ? nextTurn : nextIdleTurn)) return undefined;
      const now = await lookAt(client);
      isAny = now.any;
      nextLook = startedAt + lookMs;
      if (!now.due && !now.asked) return undefined;
      nextLook = 0;
      const turned = now.asked
        ? {
            cursor: await answerRequests(client, cursor, log),
            events: 0,
            deliveries: 0,
            parked: false,
            more: true,
          }
        : await retryNext(client, context, cursor);
      const tookMs = performance.now() - startedAt;
      nextTurn = performance.now() + tookMs * (1 / share - 1);
      if (tookMs > longMs) nextIdleTurn = nextTurn;
      return turned;
    },
  };

  async function retryNext(client: Client, context: PageContext, cursor: Cursor): Promise<Turn | undefined> {
    await client.query('begin isolation level repeatable read');
    // With few records, few events of each: a body counts as often as it is shown.
    const due = await dueRecords(client, { records: most, events: most === 1 ? 1 : 5 * most });
    if (due) return retryDue(client, context, cursor, due);
    await client.query('commit');
    return undefined;
  }
}

interface Look {
  readonly any: boolean;
  readonly due: boolean;
  readonly asked: boolean;
}

async function lookAt(db: Queryable): Promise<Look> {
  const { rows } = await db.query<Look>({
    name: 'rowhook_set_aside_look',
    text: `select exists (select from rowhook.set_aside) as any,
      exists (select from rowhook.set_aside where retry_at <= clock_timestamp()) as due,
      exists (select from rowhook.set_aside_request) as asked`,
    values: [],
  });
  return rows[0]!;
}
