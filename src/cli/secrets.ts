import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { RowhookError } from '../errors.ts';
import { sealAll, sealedStatus } from '../store/resealing.ts';
import { checkSchema } from '../store/schema.ts';
import { createSealer } from '../store/sealer.ts';
import { parseSecretKey, type SecretKey, writtenKey } from '../wire/secret-key.ts';
import type { Act, Context } from './context.ts';
import { Unsuccessful } from './failure.ts';
import { table } from './output.ts';

const keyBytes = 32;

export function secretsCommands(program: Command, act: Act): void {
  const secrets = program
    .command('secrets')
    .description("How the database keeps endpoints' secrets, and the keys that seal them.");

  secrets
    .command('status')
    .description('How many secrets are plain, and how many are sealed with which key.')
    .action(act(status));

  secrets
    .command('seal')
    .description(
      'Seal all secrets with the first key, wherever they are not. Every daemon must have that key already.',
    )
    .action(act(seal));

  secrets
    .command('new-key')
    .description('Print a new key. Keep it apart from the database and its dumps.')
    .option('--id <id>', 'what it is called (default: the date)')
    .action(
      act(async ({ output, now }, { id = now().toISOString().slice(0, 10) }: { id?: string }) => {
        const key = writtenKey({ id, bytes: randomBytes(keyBytes) });
        if ('problem' in parseSecretKey(key)) {
          throw new RowhookError('config_invalid', `${JSON.stringify(id)} cannot be the id of a key`, {
            where: 'id',
            fix: 'Use letters, digits, hyphens and underscores, at most 40.',
          });
        }
        output.show({ id, key }, () => key);
      }),
    );
}

async function status({ secretKeys, withDatabase, output }: Context): Promise<void> {
  const keys = await secretKeys();
  const { kept, stale } = await withDatabase(async (db) => {
    await checkSchema(db);
    return sealedStatus(db, createSealer(keys));
  });
  const configured = keys.map(({ id }) => id);
  output.show({ keys: configured, kept, stale }, () =>
    [
      table(
        kept,
        {
          kept: ({ key }) => (key === null ? 'plain' : `sealed with ${key}`),
          secrets: ({ secrets }) => secrets,
          endpoints: ({ endpoints }) => endpoints,
          'cannot be opened': ({ closed }) => closed,
        },
        'There are no secrets.',
      ),
      `keys: ${configured.length === 0 ? 'none are configured' : configured.map(named).join(', ')}`,
      ...(stale > 0 && keys.length > 0 ? ['→ npx rowhook secrets seal'] : []),
    ].join('\n'),
  );
}

const named = (id: string, index: number): string => (index === 0 ? `${id} (seals)` : id);

/** @throws Unsuccessful where some cannot be opened: they are named */
async function seal({ secretKeys, withDatabase, output }: Context): Promise<void> {
  const keys = await secretKeys();
  const { id } = firstOf(keys);
  const { sealed, current, closed } = await withDatabase(async (db) => {
    await checkSchema(db);
    return sealAll(db, createSealer(keys));
  });
  output.show({ key: id, sealed, current, closed }, () =>
    [
      `secrets of ${sealed} endpoints are sealed with ${id} now; ${current} needed nothing`,
      ...closed.map(
        (endpoint) => `endpoint ${endpoint}: a secret cannot be opened with the keys that are configured`,
      ),
    ].join('\n'),
  );
  if (closed.length > 0) throw new Unsuccessful();
}

function firstOf([first]: readonly SecretKey[]): SecretKey {
  if (first) return first;
  throw new RowhookError('config_invalid', 'no key is configured to seal secrets with', {
    where: 'secrets.keys',
    fix: 'Make one with `rowhook secrets new-key`, and configure it: secrets.keys, or ROWHOOK_SECRET_KEYS.',
  });
}
