import type { Client } from 'pg';

/** Well below what a session may be idle for. */
const pingMs = 2_000;

/**
 * Does some work while the session has none, and keeps it from being ended as an idle one. The work's signal breaks it off once it
 * is for nothing: when the relay stops, or when the session is lost, whose lock another relay may have by now.
 */
export async function besideSession<T>(
  client: Client,
  stopped: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const broken = new AbortController();
  const breakOff = () => broken.abort(stopped?.reason);
  if (stopped?.aborted) breakOff();
  stopped?.addEventListener('abort', breakOff, { once: true });
  const ping = setInterval(() => {
    client.query('select 1').catch((error: unknown) => broken.abort(error));
  }, pingMs);
  try {
    return await work(broken.signal);
  } finally {
    clearInterval(ping);
    stopped?.removeEventListener('abort', breakOff);
  }
}
