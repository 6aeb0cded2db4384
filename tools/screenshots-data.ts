import { setTimeout as sleep } from 'node:timers/promises';
import { type DeliveryStat, statsInsert } from '../src/store/delivery-stats.ts';
import { classOf } from '../src/store/latency-scale.ts';
import { lowestUuid } from '../src/uuid-time.ts';
import { type AdminSystem, tokens } from '../test/support/admin.ts';
import { waitUntil } from '../test/support/wait.ts';

/** What is shown of it beyond the lists. */
export interface Filled {
  readonly webhook: string;
  readonly delivery: string;
  readonly event: string;
}

const receivers = {
  mailing: {
    url: 'https://hooks.mailing.example/site-stacker',
    description: 'Mailing list: welcomes and thanks',
  },
  accounting: { url: 'https://ledger.example.net/in/gifts', description: 'Accounting, ask Ines' },
  warehouse: {
    url: 'https://etl.example.org/v2/events?source=crm',
    description: 'Data warehouse, everything',
  },
  old: { url: 'https://old-crm.example.com/sync', description: 'The CRM before this one' },
};
type Name = keyof typeof receivers;
const events: Record<Name, string[]> = {
  mailing: ['person_create', 'person_update', 'person_email_create', 'person_email_update'],
  accounting: ['contribution_create', 'contribution_update', 'recurring_create', 'person_update'],
  warehouse: ['*'],
  old: ['person_create', 'person_update', 'person_delete'],
};

/** Four webhooks, of which one fails and one is paused, with a day behind them; every name in it is invented. */
export async function fillDatabase({ db, receiver, endpoint, origin }: AdminSystem): Promise<Filled> {
  receiver.answer(({ path }) =>
    path === '/accounting'
      ? {
          status: 500,
          headers: { 'content-type': 'application/json' },
          body: '{"error":"the ledger is closed for the audit","ticket":"OPS-1412"}',
        }
      : { headers: { 'content-type': 'application/json' }, body: '{"received":true}', delayMs: 12 },
  );
  const ids = {} as Record<Name, string>;
  for (const name of Object.keys(receivers) as Name[]) {
    const { id } = await endpoint({
      url: receiver.url(`/${name}`),
      events: events[name],
      description: receivers[name].description,
    });
    ids[name] = id;
  }
  const ask = (method: string, path: string, body?: object) =>
    fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${tokens.operator}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  await ask('POST', `/endpoints/${ids.old}/pause`);
  for (const sql of [
    `update people set firstname = 'Maren', lastname = 'Okafor-Lindqvist' where id = 412`,
    `update tags set name = 'Volunteers' where id = (select min(id) from tags)`,
    `update person_emails set email = 'maren@example.org' where person_id = 412`,
    `update items set name = name || ' 2027' where id = (select min(id) from items where campaign_id is not null)`,
    `update people set lastname = 'Okafor' where id = 412`,
  ]) {
    await db.query(sql);
    await sleep(150);
  }
  const rows = async (text: string) =>
    (await db.query<{ id: string; event: string }>(text, [ids.warehouse])).rows;
  const found = `select delivery_id as id, event_id as event from rowhook.attempt
    where endpoint_id = $1 and event_id in (select id from rowhook.event where name = 'person_update') order by id`;
  await waitUntil(async () => (await rows(found)).length >= 2, { what: 'deliveries', timeoutMs: 30_000 });
  const [first] = await rows(found);
  await pretend(db, ids);
  await db.query(
    `insert into rowhook.bulk_job (endpoint_id, since, until, state, total, done, skipped, created_at, created_by, ended_at) values
       ($1, now() - interval '20 h', now() - interval '16 h', 'done', 12840, 12838, 2, now() - interval '15 h', 'anna', now() - interval '14 h 56 min'),
       ($2, now() - interval '3 h', now() - interval '1 h', 'cancelled', 1790, 422, 0, now() - interval '55 min', 'bob', now() - interval '54 min')`,
    [ids.warehouse, ids.accounting],
  );
  return { webhook: ids.warehouse, delivery: first!.id, event: first!.event };
}

/** Nice names in place of this machine's, and a day that has not been. */
async function pretend(db: AdminSystem['db'], ids: Record<Name, string>): Promise<void> {
  for (const [name, { url }] of Object.entries(receivers) as Array<[Name, { url: string }]>) {
    await db.query('update rowhook.endpoint set url = $1 where id = $2', [url, ids[name]]);
    await db.query('update rowhook.attempt set url = $1 where endpoint_id = $2', [url, ids[name]]);
  }
  const { text, values } = statsInsert(aDay(ids));
  await db.query(text, values);
}

const minuteMs = 60_000;

/** Busy by day, quiet by night, and accounting down since three hours ago. */
function aDay(ids: Record<Name, string>): DeliveryStat[] {
  const now = Math.floor(Date.now() / minuteMs) * minuteMs;
  const stats: DeliveryStat[] = [];
  for (let back = 24 * 60 - 1; back > 0; back -= 1) {
    const at = new Date(now - back * minuteMs);
    const wave = Math.sin(((1440 - back) / 1440) * 2 * Math.PI - 1.9);
    const busy = 60 + 34 * wave + 7 * Math.sin(back * 1.7) + 5 * Math.cos(back * 0.37);
    const down = back < 180;
    const parts: Record<Name, readonly [number, number]> = {
      mailing: [Math.round(busy), back % 97 === 0 ? 3 : 0],
      accounting: down ? [0, Math.round(busy / 8)] : [Math.round(busy / 2), 0],
      warehouse: [Math.round(busy * 2), back % 211 === 0 ? 8 : 0],
      old: back > 600 ? [Math.round(busy / 3), 0] : [0, 0],
    };
    const all = Object.values(parts).reduce(([a, b], [c, d]) => [a + c, b + d] as const, [0, 0] as const);
    const slow = 1 + 0.4 * Math.sin(back / 50);
    for (const [id, [succeeded, retried]] of [
      ...Object.entries(parts).map(([name, part]) => [ids[name as Name], part] as const),
      ['0', all] as const,
    ]) {
      if (succeeded + retried === 0) continue;
      stats.push({
        ...{
          endpointId: id,
          id: lowestUuid(new Date(at.getTime() + minuteMs)),
          at,
          succeeded,
          retried,
          exhausted: 0,
        },
        durations: spread(succeeded + retried, 38 * slow),
        delays: spread(succeeded, 44 * slow),
      });
    }
  }
  return stats;
}

/** Counts by the classes of the scale: most around a time, some far beyond it. */
function spread(count: number, ms: number): number[] {
  const counts: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const share = (i + 0.5) / count;
    const index = classOf(ms * (0.6 + share * 0.9 + (share > 0.96 ? share * 7 : 0)));
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return Array.from(counts, (n) => n ?? 0);
}
