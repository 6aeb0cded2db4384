import type { Columns, Session } from '../database.ts';
import {
  batchFields,
  campaignChange,
  campaignFields,
  newBatch,
  newRecurring,
  recurringChange,
} from './giving-fields.ts';
import { insert, parse, Refused, removal, replaceAll, update, type Writer } from './writer.ts';

/** A campaign is written together with its item, goals and fixed amounts. */
export const campaigns: Writer = {
  async create(db, input) {
    const { item, goals = [], fixed_amounts = [], ...columns } = parse(campaignFields, input);
    const id = await insert(db, 'campaigns', columns);
    await insert(db, 'items', { ...item, campaign_id: id });
    await replaceAll(db, 'campaign_goals', 'campaign_id', id, goals);
    await replaceAll(db, 'campaign_fixed_amounts', 'campaign_id', id, fixed_amounts);
    return id;
  },

  async change(db, id, input) {
    const { item, goals, fixed_amounts, ...columns } = parse(campaignChange, input);
    const row = await db.by('items', 'campaign_id', id);
    if (item && !row) throw new Refused(400, 'item: this campaign has none.');
    const changes = [
      await update(db, 'campaigns', id, columns),
      goals !== undefined && (await replaceAll(db, 'campaign_goals', 'campaign_id', id, goals)),
      fixed_amounts !== undefined &&
        (await replaceAll(db, 'campaign_fixed_amounts', 'campaign_id', id, fixed_amounts)),
    ];
    if (item) await update(db, 'items', row!.id as string, item);
    // A campaign says when it was changed in its item only.
    if (changes.includes(true))
      await db.query('update items set modified = now() where campaign_id = $1', [id]);
  },

  remove: removal('campaigns', 'Campaign'),
};

/** A batch is one checkout: its contributions and what the gateway answered come with it. */
export const contributionBatches: Writer = {
  async create(db, input) {
    const { contributions, transactions, ...columns } = parse(newBatch, input);
    const id = await insert(db, 'contribution_batches', { amount: '0', ...columns });
    const inherited: Columns = {
      donor_id: columns.donor_id,
      affiliated_donor_id: columns.affiliated_donor_id,
      is_recurring: columns.is_recurring,
      is_online: columns.is_online,
      success: columns.success,
    };
    for (const each of contributions)
      await insert(db, 'contributions', { ...inherited, ...each, batch_id: id });
    for (const each of transactions) await insert(db, 'transactions', { ...each, batch_id: id });
    if (columns.amount === undefined) {
      await db.query(
        `update contribution_batches
            set amount = (select sum(amount) from contributions where batch_id = $1), modified = now()
          where id = $1`,
        [id],
      );
    }
    return id;
  },

  change: async (db, id, input) =>
    void (await update(db, 'contribution_batches', id, parse(batchFields.partial(), input))),
};

export const recurrings: Writer = {
  async create(db, input) {
    const {
      recurring_batch: schedule,
      recurring_batch_id: scheduleId,
      ...columns
    } = parse(newRecurring, input);
    if (Boolean(schedule) === Boolean(scheduleId)) {
      throw new Refused(
        400,
        'Give either recurring_batch, for a schedule of its own, or recurring_batch_id.',
      );
    }
    const recurringBatchId = schedule ? await insert(db, 'recurring_batches', schedule) : scheduleId;
    return insert(db, 'recurrings', { ...columns, recurring_batch_id: recurringBatchId });
  },

  async change(db, id, input) {
    const { recurring_batch: schedule, ...columns } = parse(recurringChange, input);
    const row = (await db.one('recurrings', id))!;
    await update(db, 'recurrings', id, columns);
    if (schedule) await update(db, 'recurring_batches', row.recurring_batch_id as string, schedule);
  },

  remove: removal('recurrings', 'Recurring'),
};

/** Switches the schedule of a recurring gift off or on: with it every other gift that it carries. */
export async function setScheduleActive(db: Session, recurringId: string, active: boolean): Promise<void> {
  const row = (await db.one('recurrings', recurringId))!;
  await update(db, 'recurring_batches', row.recurring_batch_id as string, { active });
}
