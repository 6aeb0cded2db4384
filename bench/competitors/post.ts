import { Agent } from 'undici';
import { siteStacker } from '../../src/wire/site-stacker.ts';

/** What all of them are given, as a job or otherwise. */
export interface Job {
  readonly url: string;
  readonly secret: string;
  readonly eventName: string;
  /** JSON text. */
  readonly body: string;
}

/** Requests at a time; rowhook's default. */
export const concurrency = 64;

const agent = new Agent({ connections: concurrency, pipelining: 1 });

/** One POST of these bytes. Throws unless the answer is 2xx. */
export async function post({ origin, pathname }: URL, headers: string[], body: Uint8Array): Promise<void> {
  const answer = await agent.request({ origin, path: pathname, method: 'POST', headers, body });
  await answer.body.dump();
  if (answer.statusCode < 200 || answer.statusCode > 299) throw new Error(`answered ${answer.statusCode}`);
}

/** The job as rowhook would send it: same headers, same signature. */
export async function deliver(id: string, { url, secret, eventName, body }: Job): Promise<void> {
  const bytes = Buffer.from(body);
  const headers = siteStacker.headers({
    deliveryId: id,
    eventName,
    body: bytes,
    secrets: [secret],
    requestId: null,
    sentAt: new Date(),
  });
  await post(new URL(url), headers.flat(), bytes);
}

/** Ends the process when it is asked to. */
export function endWhenAsked(end: () => Promise<unknown>): void {
  process.once('SIGTERM', () => void end().finally(() => process.exit()));
}
