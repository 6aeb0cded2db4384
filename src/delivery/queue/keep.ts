import type { Session } from './session.ts';

const releaseText = `
update rowhook.endpoint_health
   set keeper = null, kept_until = null
 where keeper = $1`;

/** Lets go of the endpoints that this dispatcher alone claimed for, so that others need not wait until its time is over. */
export async function releaseKept(session: Session, keeper: string): Promise<void> {
  await session.query({ name: 'rowhook release kept', text: releaseText }, [keeper]);
}
