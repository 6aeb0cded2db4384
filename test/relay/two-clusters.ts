import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';
import { createTestDatabase } from '../support/database.ts';
import { dumpDatabase, loadDump } from '../support/dump.ts';
import { ask } from './thing-reader.ts';

export interface TwoClusters {
  /** A new database in the cluster of the tests, whose transaction ids are higher than those of the other. */
  ahead(): Promise<string>;
  /** A new database in the other one. */
  behind(): Promise<string>;
  /** A database of the other one as a copy of the files of another. */
  copyBehind(url: string): Promise<string>;
  /** Loads a dump of one database into another; returns the URL of the latter. */
  move(from: string, to: string): Promise<string>;
}

/** To be called in a suite: starts a second server before it, and ends it afterwards. */
export function twoClusters(): TwoClusters {
  let other: LocalPostgres;
  let count = 0;
  const ahead = async (): Promise<string> => (await createTestDatabase()).url;
  const behind = async (template?: string): Promise<string> => {
    const name = `moved_${++count}`;
    await other.createDatabase(name, template);
    return other.url(name);
  };
  before(async () => {
    other = await startPostgres({ inMemory: true });
    await ask(
      await ahead(),
      'do $$ begin for i in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$',
    );
  });
  after(() => other.close());
  return {
    ahead,
    behind: () => behind(),
    copyBehind: (url) => behind(new URL(url).pathname.slice(1)),
    async move(from, to) {
      await loadDump(to, await dumpDatabase(from));
      return to;
    },
  };
}
