import { randomBytes } from 'node:crypto';
import { verifySignature } from '../../../src/wire/signature.ts';
import { migrate } from '../../demo/migrate.ts';
import { parse } from '../../demo/receiving.ts';
import type { System } from '../../demo/system.ts';
import { startCrmApi } from '../api/app.ts';
import { chapters } from './changes/chapters.ts';
import { changesAtRandom } from './changes/stream.ts';
import { differenceOf } from './compare.ts';
import { recordText } from './record-text.ts';
import { eventNames, keyOf } from './records.ts';

const at = (path: string): URL => new URL(path, import.meta.url);

/** Site Stacker, with one endpoint for everything. */
export function siteStackerSystem(): System {
  const secret = randomBytes(24).toString('hex');
  return {
    title: 'Site Stacker, a CRM',
    applicationName: 'CRM',
    databaseName: 'crm',
    presetSql: at('../../../sql/presets/site-stacker.sql'),
    config: at('../rowhook.config.ts'),
    dialect: 'site-stacker',
    eventNames,
    hasRequestIds: true,
    startApi: (pool) => startCrmApi({ pool }),

    async install(databaseUrl, receiverUrl) {
      process.env.CRM_WEBHOOK_URL = receiverUrl;
      process.env.CRM_WEBHOOK_SECRET = secret;
      return { migrations: await migrate(databaseUrl, at('../migrations')) };
    },
    async opening(pool) {
      const { rows } = await pool.query('select id::text from rowhook.endpoint');
      return { what: 'the endpoint is created', raises: [['ping', String(rows[0]?.id)]] };
    },
    // The ping needs no relay, which may still be starting.
    warmUp: (crm) =>
      crm.sql('update tag_categories set weight = weight + 1 where id = 4', [], () => [
        ['tag_category_update', '4'],
      ]),
    chapters,
    changesAtRandom,

    read({ headers, bytes }) {
      const text = (name: string): string | undefined => headers[name]?.toString();
      const event = text('sitestacker-event') ?? '';
      const seen = { event, deliveryId: text('sitestacker-delivery') ?? '', requestId: text('request-id') };
      // Over the bytes as they came, before anything is made of them.
      if (!verifySignature(bytes, secret, headers['sitestacker-signature'])) {
        return { ...seen, trusted: false, same: '', body: undefined };
      }
      const body = parse(bytes);
      return { ...seen, trusted: true, same: `${event} ${keyOf(event, body)}`, body };
    },
    sameAs: (event, key) => `${event} ${key}`,
    differenceOf,

    invitations: (apiUrl) => [
      `${apiUrl}/api/people/412`,
      `-X PATCH ${apiUrl}/api/people/412 -d '{"title": "Dr."}'`,
      `-X POST ${apiUrl}/api/recurrings/215/cancel`,
    ],
    recordText,
  };
}
