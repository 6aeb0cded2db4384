import { chown, cp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import pg from 'pg';
import { type LocalPostgres, startPostgres } from '../../tools/postgres.ts';

/** Not of a backup: what the server makes anew, and the WAL, which comes by streaming. */
const leftOut = /^(pg_wal\/.*|postmaster\.(pid|opts)|pg_replslot\/.*|pg_stat_tmp\/.*)$/;

/**
 * A physical standby of a server: a base backup taken while it runs, and streaming from then on. Sessions need no password there.
 * @throws the server's error where it does not start
 */
export async function startStandby(primary: LocalPostgres): Promise<LocalPostgres> {
  const standby = await startPostgres({ inMemory: true });
  try {
    await standby.stop();
    const data = standby.dataDirectory;
    for (const name of await readdir(data)) await rm(join(data, name), { recursive: true });
    await backUp(primary, data);
    await writeFile(join(data, 'standby.signal'), '');
    await writeFile(join(data, 'pg_hba.conf'), 'host all all 127.0.0.1/32 trust\n');
    const { username, password, hostname, port } = new URL(primary.superuserUrl);
    await writeFile(
      join(data, 'postgresql.auto.conf'),
      `primary_conninfo = 'host=${hostname} port=${port} user=${username} password=${password}'\n`,
    );
    const { uid, gid } = await stat(data);
    for (const name of await readdir(data, { recursive: true })) await chown(join(data, name), uid, gid);
    await standby.start();
    return standby;
  } catch (error) {
    await standby.close();
    throw error;
  }
}

/** As pg_basebackup does it. */
async function backUp(primary: LocalPostgres, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: primary.superuserUrl });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('standby', fast => true)`);
    const from = primary.dataDirectory;
    await cp(from, to, {
      recursive: true,
      filter: (path) => !leftOut.test(relative(from, path)),
    });
    const { rows } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    );
    await writeFile(join(to, 'backup_label'), rows[0]!.labelfile);
  } finally {
    await client.end();
  }
}
