import { Webhook } from 'standardwebhooks';
import { newSecret } from '../../../src/index.ts';
import { selfSignedCertificate } from '../../demo/certificate.ts';
import { migrate } from '../../demo/migrate.ts';
import { parse, type Request } from '../../demo/receiving.ts';
import type { System } from '../../demo/system.ts';
import { startPlatformApi } from '../api/app.ts';
import { register } from '../staff.ts';
import { chapters } from './changes/chapters.ts';
import { changesAtRandom } from './changes/stream.ts';
import { differenceOf, eventNames, recordText, subjectOf } from './documents.ts';
import { type EntityName, entities, of, sample } from './entities.ts';

const at = (path: string): URL => new URL(path, import.meta.url);

/** Amplo, with an endpoint for each of two Entities: one whose deliveries are signed, and one where they are as documented. */
export function amploSystem(): System {
  const secrets: Readonly<Record<EntityName, string | null>> = {
    university: newSecret('amplo'),
    school: null,
  };
  return {
    title: 'Amplo, a giving day platform',
    applicationName: 'platform',
    databaseName: 'amplo',
    presetSql: at('../../../sql/presets/amplo.sql'),
    config: at('../rowhook.config.ts'),
    dialect: 'amplo',
    eventNames,
    hasRequestIds: false,
    tls: selfSignedCertificate('127.0.0.1'),
    startApi: (pool) => startPlatformApi({ pool }),

    async install(databaseUrl, receiverUrl) {
      const migrations = await migrate(databaseUrl, at('../migrations'));
      const registrations = (Object.keys(entities) as EntityName[]).map((name) => ({
        entityId: entities[name],
        url: `${receiverUrl}/${name}`,
        secret: secrets[name],
      }));
      await register(databaseUrl, registrations);
      return { migrations };
    },
    // New endpoints get no ping.
    async opening(pool) {
      await pool.query(`update campaigns set goal = 5000 where id = any ($1)`, [
        [sample.robotics, sample.books],
      ]);
      return {
        what: 'campaigns change before the daemon is there',
        raises: [
          ['campaign_update', of('university', sample.robotics)],
          ['campaign_update', of('school', sample.books)],
        ],
      };
    },
    warmUp: (platform) =>
      platform.sql('update campaigns set goal = 2500 where id = $1', [sample.robotics], () => [
        ['campaign_update', of('university', sample.robotics)],
      ]),
    chapters,
    changesAtRandom,

    read(request) {
      const entity = request.path.split('/').at(-1) as EntityName;
      const secret = secrets[entity] ?? null;
      const body = parse(request.bytes);
      const { type, id, deleted } = subjectOf(body);
      const kind = type.replace(/s$/, '');
      return {
        trusted: secret === null || isSigned(request, secret),
        deliveryId: request.headers['webhook-id']?.toString(),
        event: deleted ? `${kind}_delete` : kind,
        same: sameAs(of(entity, id), kind, deleted),
        requestId: undefined,
        body,
      };
    },
    sameAs(event, key) {
      const [kind = '', action] = event.split('_');
      return sameAs(key, kind, action === 'delete');
    },
    differenceOf,

    invitations: (apiUrl) => [
      `${apiUrl}/api/donations/${sample.gift}`,
      `-X PATCH ${apiUrl}/api/donations/${sample.gift} -d '{"note": "Thank you!"}'`,
      `-X POST ${apiUrl}/api/donations -d '{"beneficiary_id": "${sample.books}", "amount": 12.5}'`,
    ],
    recordText,
  };
}

/** All that a receiver can tell: where it came, of which object it is, and whether that is gone. */
const sameAs = (key: string, kind: string, deleted: boolean): string =>
  `${key} ${kind} ${deleted ? 'is gone' : 'is there'}`;

/** By the library of Standard Webhooks, which knows nothing of rowhook. */
function isSigned({ headers, bytes }: Request, secret: string): boolean {
  try {
    new Webhook(secret).verify(bytes, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
