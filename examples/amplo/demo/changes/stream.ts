import type { Application } from '../../../demo/application.ts';
import { anyOf, anyRow, type Happening, between as numberBetween, shuffled } from '../../../demo/chance.ts';
import type { Expected } from '../../../demo/ledger.ts';
import { entities, entityNamed, of, sample } from '../entities.ts';
import { idOf } from './campaigns.ts';

/* On a giving day people give, and give again; some take it back. The office tends its campaigns. */

const amounts = [5, 10, 12.5, 20, 25, 35, 50, 100, 250, 0.99];
const visible = 'deleted_at is null';
/** The header invites people to change this donation and its campaign: they are not to go away. */
const mayGo = `id not in ('${sample.gift}', '${sample.robotics}', '${sample.books}')`;

/** What must arrive for an object of the Entity with this id: nothing, where nobody listens. */
function raised(event: string, entityId: string | undefined, id: string | undefined): Expected[] {
  const entity = entityNamed(entityId ?? '');
  return entity === undefined ? [] : [[event, of(entity, id!)]];
}

const anyCampaign = (platform: Application, where = 'true') =>
  anyRow(platform, `select id, entity_id, name from campaigns where ${visible} and ${where}`);

const anyDonation = (platform: Application, where = 'true') =>
  anyRow(
    platform,
    `select d.id, c.entity_id from (select * from donations where ${visible} and ${where}) d
       join campaigns c on c.id = d.beneficiary_id`,
  );

async function give(platform: Application): Promise<void> {
  const campaign = await anyCampaign(platform);
  if (!campaign) return;
  const input = {
    ...{ beneficiary_id: campaign.id, amount: anyOf(amounts), status: 'paid', user_id: sample.maren },
    ...{ donation_type: anyOf(['cash', 'credit_card']), public: Math.random() < 0.8 },
  };
  await platform.api('POST', 'donations', input, (document) =>
    raised('donation_create', campaign.entity_id, idOf(document)),
  );
}

async function thank(platform: Application): Promise<void> {
  const donation = await anyDonation(platform);
  if (!donation) return;
  const { id, entity_id } = donation;
  const note = `Thank you ${numberBetween(1, 1000)} times`;
  await platform.api('PATCH', `donations/${id}`, { note }, () => raised('donation_update', entity_id, id));
}

async function refund(platform: Application): Promise<void> {
  const donation = await anyDonation(platform, `status = 'paid' and not refunded`);
  if (!donation) return;
  const { id, entity_id } = donation;
  const input = { refunded: true, refundable: false, status: 'refunded' };
  await platform.api('PATCH', `donations/${id}`, input, () => raised('donation_update', entity_id, id));
}

async function takeBack(platform: Application): Promise<void> {
  const donation = await anyDonation(platform, mayGo);
  if (!donation) return;
  const { id, entity_id } = donation;
  await platform.api('DELETE', `donations/${id}`, undefined, () => raised('donation_delete', entity_id, id));
}

async function raiseGoal(platform: Application): Promise<void> {
  const campaign = await anyCampaign(platform);
  if (!campaign) return;
  const { id, entity_id } = campaign;
  await platform.sql(
    'update campaigns set goal = coalesce(goal, 0) + $1, updated_at = now() where id = $2',
    [numberBetween(1, 9) * 50, id],
    () => raised('campaign_update', entity_id, id),
  );
}

async function begin(platform: Application): Promise<void> {
  const entity_id = anyOf(Object.values(entities));
  const name = `${anyOf(['Choir', 'Garden', 'Lab', 'Band', 'Theater'])} ${numberBetween(1, 99)}`;
  await platform.api('POST', 'campaigns', { entity_id, name, status: 'active' }, (document) =>
    raised('campaign_create', entity_id, idOf(document)),
  );
}

/** With all that was given to it. */
async function purge(platform: Application): Promise<void> {
  const campaign = await anyCampaign(platform, mayGo);
  if (!campaign) return;
  const { id, entity_id } = campaign;
  await platform.transaction(`the campaign ${campaign.name} is purged`, async (query) => {
    const gifts = await query(`select id from donations where beneficiary_id = $1 and ${visible}`, [id]);
    await query('delete from campaigns where id = $1', [id]);
    return [
      ...raised('campaign_delete', entity_id, id),
      ...gifts.flatMap((gift) => raised('donation_delete', entity_id, gift.id)),
    ];
  });
}

async function giveToAnother(platform: Application): Promise<void> {
  const donation = await anyDonation(platform, `id <> '${sample.gift}'`);
  const campaign = await anyCampaign(platform);
  if (!donation || !campaign) return;
  await platform.sql(
    'update donations set beneficiary_id = $1, updated_at = now() where id = $2',
    [campaign.id, donation.id],
    () => raised('donation_update', campaign.entity_id, donation.id),
  );
}

export const changesAtRandom = (): Happening =>
  shuffled([
    ...([
      [9, give],
      [3, thank],
      [2, refund],
      [1, takeBack],
      [2, raiseGoal],
    ] as const),
    ...([
      [2, begin],
      [1, purge],
      [1, giveToAnother],
    ] as const),
  ]);
