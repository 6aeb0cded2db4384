import { z } from 'zod';
import type { Columns, Query, Row } from './database.ts';

/** A request that the platform does not carry out: the status and the sentence that the client gets. */
export class Refused extends Error {
  readonly status: 400 | 404;

  constructor(status: 400 | 404, message: string) {
    super(message);
    this.status = status;
  }
}

const id = z.string().regex(/^[0-9a-f]{24}$/, 'must be an id');
const amount = z.number().min(0).max(9_999_999_999.99);
const text = z.string().nullable();
/** Unix seconds, as the documents have them. */
const moment = z
  .int()
  .nullable()
  .transform((seconds) => (seconds === null ? null : new Date(seconds * 1000)));
const list = z.array(z.string());

const campaign = z.strictObject({
  entity_id: id,
  name: z.string().min(1),
  ...{ url: text.optional(), logo: text.optional(), category: text.optional(), external_id: text.optional() },
  ...{ start_date: moment.optional(), end_date: moment.optional() },
  status: z.enum(['draft', 'active', 'ended']).optional(),
  campaign_type: z.enum(['dollars', 'donors', 'votes']).optional(),
  ...{ allow_subscriptions: z.boolean().optional(), public: z.boolean().optional() },
  join_code: z.int().nullable().optional(),
  ...{ goal: amount.nullable().optional(), member_goal: amount.nullable().optional() },
});

const donation = z.strictObject({
  beneficiary_id: id,
  amount,
  user_id: id.nullable().optional(),
  status: z.enum(['pending', 'paid', 'failed', 'refunded']).optional(),
  donation_type: z.enum(['cash', 'credit_card', 'check', 'match']).optional(),
  ...{ external_id: text.optional(), auth_code: text.optional(), transact_id: text.optional() },
  ...{ note: text.optional(), check_number: text.optional(), credit_card_fingerprint: text.optional() },
  ...{ public: z.boolean().optional(), recurring: z.boolean().optional() },
  ...{ refunded: z.boolean().optional(), refundable: z.boolean().optional() },
  ...{ tickets: list.optional(), refund_donation_ids: list.optional(), causes_allocated_to: list.optional() },
  appeal: text.optional(),
});

export type Kind = 'campaigns' | 'donations';
const shapes = { campaigns: campaign, donations: donation } as const;

/** The row of an object that is there, as far as anybody can see. @throws Refused 404 */
export async function existing(query: Query, kind: Kind, given: string): Promise<Row> {
  const [row] = await query(`select * from ${kind} where id = $1 and deleted_at is null`, [given]);
  if (!row) throw new Refused(404, `There is no ${kind} ${given}.`);
  return row;
}

/** @returns its id */
export async function create(query: Query, kind: Kind, input: unknown): Promise<string> {
  const columns: Columns = parse(shapes[kind], input);
  const names = Object.keys(columns);
  const [row] = await query(
    `insert into ${kind} (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')}) returning *`,
    Object.values(columns),
  );
  if (kind === 'donations') await rollUp(query, [row!.beneficiary_id]);
  return String(row!.id);
}

export async function change(query: Query, kind: Kind, given: string, input: unknown): Promise<void> {
  const before = await existing(query, kind, given);
  const columns: Columns = parse(shapes[kind].partial(), input);
  const names = Object.keys(columns);
  if (names.length === 0) return;
  const [after] = await query(
    `update ${kind} set ${names.map((name, i) => `${name} = $${i + 2}`).join(', ')}, updated_at = now()
      where id = $1 returning *`,
    [given, ...Object.values(columns)],
  );
  if (kind === 'donations') await rollUp(query, [before.beneficiary_id, after!.beneficiary_id]);
}

/** Marks it as deleted: what was given stays in the books. */
export async function remove(query: Query, kind: Kind, given: string): Promise<void> {
  const before = await existing(query, kind, given);
  await query(`update ${kind} set deleted_at = now(), updated_at = now() where id = $1`, [given]);
  if (kind === 'donations') await rollUp(query, [before.beneficiary_id]);
}

/** The statistics of campaigns, anew. No webhook speaks of that. */
async function rollUp(query: Query, campaigns: readonly unknown[]): Promise<void> {
  await query(
    `update campaigns c
        set total_donations = s.donations, total_raised = s.raised, average_donation = s.average
       from (select c.id, count(d.id) as donations, coalesce(sum(d.amount), 0) as raised,
                    coalesce(round(avg(d.amount), 2), 0) as average
               from campaigns c
               left join donations d on d.beneficiary_id = c.id and d.deleted_at is null and d.status = 'paid'
              where c.id = any ($1) group by c.id) s
      where c.id = s.id`,
    [[...new Set(campaigns)]],
  );
}

function parse(schema: z.core.$ZodType<Columns>, input: unknown): Columns {
  const parsed = z.safeParse(schema, input);
  if (parsed.success) return parsed.data;
  const complaint = (issue: z.core.$ZodIssue) =>
    issue.path.length ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
  throw new Refused(400, parsed.error.issues.map(complaint).join('; '));
}
