// Run as a process of its own by postgres.test.ts: starts Postgres, says where, and waits to be killed, or
// with the argument `keep` ends at once and leaves the server running.
import { startPostgres } from '../../tools/postgres.ts';

const postgres = await startPostgres({ inMemory: true });
const { pid, directory, dataDirectory, superuserUrl } = postgres;
if (process.argv.includes('keep')) await postgres.keep();
else setInterval(() => {}, 1000);
console.log(JSON.stringify({ pid, directory, dataDirectory, superuserUrl }));
