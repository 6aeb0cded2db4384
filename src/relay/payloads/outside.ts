import type { Client } from 'pg';
import type { Queryable } from '../../store/sql.ts';
import { besideSession } from '../beside.ts';
import type { RecordEvent } from '../events/events.ts';
import { type Subscriber, subscribersTo } from '../events/fan-out.ts';
import { type External, fetchOutside, type OutsideContext } from './external.ts';

/** What differs between those that fetch: a page, and a retry. */
export interface Fetching extends Omit<OutsideContext, 'wanted' | 'withoutTransaction'> {
  /** Of records whose payloads come from elsewhere. */
  readonly events: readonly RecordEvent[];
  readonly stopped?: AbortSignal;
  /** Who subscribes to events of these names, as the transaction sees it that is open. */
  subscribers(db: Queryable, names: readonly string[]): Promise<readonly Subscriber[]>;
  /** Those that are not asked for, although somebody would get them. Default: none. */
  withheld?(events: readonly RecordEvent[]): Promise<(event: RecordEvent) => boolean>;
  /** Begins the transaction that goes on. */
  begin(): Promise<unknown>;
}

/** Fetches what somebody would get of these events, between the transaction that is open, which is committed, and another. */
export function fetchBetween(client: Client, fetching: Fetching): Promise<External> {
  const { events, stopped } = fetching;
  const names = [...new Set(events.map(({ name }) => name))];
  return fetchOutside(client, {
    ...fetching,
    async wanted() {
      const to = names.length > 0 ? await fetching.subscribers(client, names) : [];
      const wanted = events.filter(({ name }) => subscribersTo(name, to).length > 0);
      const isWithheld = await fetching.withheld?.(wanted);
      return isWithheld ? wanted.filter((event) => !isWithheld(event)) : wanted;
    },
    async withoutTransaction(work) {
      await client.query('commit');
      const result = await besideSession(client, stopped, work);
      await fetching.begin();
      return result;
    },
  });
}
