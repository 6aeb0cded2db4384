import type { Application } from '../../../demo/application.ts';
import { idIn, part } from '../../../demo/json.ts';
import type { Expected } from '../../../demo/ledger.ts';

/** A schedule may carry several recurring gifts: what happens to it happens to each of them. */
export async function recurring(crm: Application): Promise<void> {
  const created = (body: Parameters<typeof idIn>[0]) => [['recurring_create', idIn(body)]] as const;
  const own = await crm.api(
    'POST',
    'recurrings',
    {
      ...{ person_id: '412', affiliated_person_id: '413', campaign_id: '58', amount: '5' },
      recurring_batch: {
        recurring_start_date: '2026-06-01',
        recurring_interval: 2,
        payment_method_id: '340',
      },
    },
    created,
  );
  const scheduleId = String(part(own, 'recurring_batch', 'id'));
  const joined = await crm.api(
    'POST',
    'recurrings',
    { person_id: '413', campaign_id: '57', amount: '6', recurring_batch_id: scheduleId },
    created,
  );
  const both = [idIn(own), idIn(joined)];
  const [one] = both as [string, string];
  const updates =
    (...ids: string[]) =>
    () =>
      ids.map((id) => ['recurring_update', id] as const);

  await crm.api('PATCH', `recurrings/${one}`, { amount: '7.5', notes: 'more' }, updates(one));
  await crm.api(
    'PATCH',
    `recurrings/${one}`,
    { recurring_batch: { next_run_date: '2026-08-01', processed_counter: 3 } },
    updates(...both),
  );
  await crm.api('POST', `recurrings/${one}/cancel`, undefined, turned('recurring_cancel', both));
  await crm.api('POST', `recurrings/${one}/reactivate`, undefined, turned('recurring_reactivate', both));

  // Gifts 217 and 218 share schedule 216.
  const turn = 'update recurring_batches set active = $1, modified = now() where id = 216';
  await crm.sql(turn, [false], turned('recurring_cancel', ['217', '218']));
  await crm.sql(turn, [true], turned('recurring_reactivate', ['217', '218']));
  await crm.sql(
    'update recurring_batches set prev_run_date = next_run_date where id = 216',
    [],
    updates('217', '218'),
  );
  await crm.sql('update recurrings set is_anonymous = not is_anonymous where id = 215', [], updates('215'));
  const [row] = await crm.sql(
    'insert into recurrings (recurring_batch_id, campaign_id, person_id, amount) values (215, 57, 412, 1) returning id',
    [],
    ([inserted]) => [['recurring_create', inserted!.id!]],
  );

  const gone =
    (...ids: string[]) =>
    () =>
      ids.map((id) => ['recurring_delete', id] as const);
  await crm.remember(...[row!.id!, ...both].map((id) => `recurrings/${id}`));
  await crm.api('DELETE', `recurrings/${row!.id}`, undefined, gone(row!.id!));
  // Its gifts go with a schedule.
  await crm.sql('delete from recurring_batches where id = $1', [scheduleId], gone(...both));
}

/** A cancel or reactivation is also an update of the record. */
const turned = (event: string, ids: readonly string[]) => (): Expected[] =>
  ids.flatMap((id): Expected[] => [
    ['recurring_update', id],
    [event, id],
  ]);
