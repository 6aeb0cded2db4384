import { RowhookError } from '../errors.ts';
import { databaseUrl } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The URL of the database: as given on the command line, else by the config, else by the environment.
 * @throws RowhookError `config_invalid` when nobody names one, or it is no such URL; the URL itself is not repeated
 */
export function findDatabase(sources: {
  readonly given?: string | undefined;
  readonly configured?: string | undefined;
  readonly env: Environment;
  /** How messages call the config. */
  readonly name: string;
}): string {
  const { given, configured, env, name } = sources;
  const candidates: ReadonlyArray<readonly [string, string | undefined]> = [
    ['--database', given],
    [`${name}: database.url`, configured],
    ['$ROWHOOK_DATABASE_URL', env.ROWHOOK_DATABASE_URL],
    ['$DATABASE_URL', env.DATABASE_URL],
  ];
  const [source, url] = candidates.find((candidate) => candidate[1]) ?? [];
  if (source === undefined || url === undefined) {
    throw new RowhookError(
      'config_invalid',
      `${name}: database.url: expected a URL like postgres://user:password@host:5432/name, found nothing`,
      {
        where: 'database.url',
        fix: 'Set it in the config, in ROWHOOK_DATABASE_URL or DATABASE_URL, or give --database.',
      },
    );
  }
  const parsed = databaseUrl.safeParse(url);
  if (parsed.success) return url;
  const expected = parsed.error.issues.map((issue) => issue.message).join(', ');
  throw new RowhookError('config_invalid', `${source}: expected ${expected}, found another text`, {
    where: source,
    fix: 'Correct the URL; a password is percent-encoded in it.',
  });
}
