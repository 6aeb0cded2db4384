import { changesOf, constant, defineCatalog, deletedAt, object, text } from '../catalog/define.ts';
import type { Catalog, Fields } from '../catalog/types.ts';
import { campaignAttributes, coreAttributes } from './amplo/campaigns.ts';
import { donationAttributes } from './amplo/donations.ts';

/**
 * A document of JSON:API with a single object. Its type and id are all by which a receiver tells objects apart: every object of
 * a tenant goes to the same URL.
 */
const documentOf = (type: string, attributes: Fields): Fields => ({
  data: object({ id: text(), type: constant(type), attributes: object(attributes) }),
});

/** What is left to say of an object that is gone. */
const deletionOf = (type: string): Fields => documentOf(type, { deleted_at: deletedAt('deleted_at') });

/**
 * The catalog of Amplo, a giving day platform: campaigns and donations, each of an Entity, which is the tenant. Amplo documents no
 * names of events; nor does a delivery say them.
 */
export function amplo(): Catalog {
  return defineCatalog({
    name: 'amplo',
    dialect: 'amplo',
    timestamps: 'unix',
    // On a giving day the platform needs the database for itself.
    priority: 'low',
    resources: {
      campaign: {
        table: 'campaigns',
        fields: documentOf('campaigns', campaignAttributes),
        deletedFields: deletionOf('campaigns'),
        softDelete: 'deleted_at',
        tenant: 'entity_id',
      },
      donation: {
        table: 'donations',
        fields: documentOf('donations', donationAttributes),
        deletedFields: deletionOf('donations'),
        softDelete: 'deleted_at',
        // Beneficiaries are campaigns, and nothing else.
        tenant: { from: 'beneficiary_id', table: 'campaigns', to: 'id', tenant: 'entity_id' },
      },
    },
    events: [
      ...changesOf('campaign').map((event) =>
        // Statistics are written with every donation, and are no news of the campaign.
        event.on === 'update' ? { ...event, columns: Object.keys(coreAttributes) } : event,
      ),
      ...changesOf('donation').map((event) =>
        event.on === 'update' ? { ...event, columns: '*' as const } : event,
      ),
    ],
  });
}
