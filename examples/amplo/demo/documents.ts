import type { Application } from '../../demo/application.ts';
import { difference, type Json, part } from '../../demo/json.ts';

/*
 * How the demo, as a receiver, understands a delivery. Written from the specification, and independent of rowhook's own catalog.
 */

export const eventNames = ['campaign', 'donation'].flatMap((kind) =>
  ['create', 'update', 'delete'].map((action) => `${kind}_${action}`),
);

/** What a document says of its object. A create and an update look the same. */
export function subjectOf(body: Json | undefined): { type: string; id: string; deleted: boolean } {
  const attributes = part(body, 'data', 'attributes') ?? {};
  return {
    type: String(part(body, 'data', 'type')),
    id: String(part(body, 'data', 'id')),
    deleted: Object.keys(attributes).join() === 'deleted_at',
  };
}

/** How far the clocks of one machine may be apart, and how long ago a deletion may be. */
const recentSeconds = 60;

/** Compares with what the platform's own API says; of what is deleted, that it says nothing, and when that was. */
export async function differenceOf(
  event: string,
  body: Json,
  platform: Application,
): Promise<string | undefined> {
  const { type, id, deleted } = subjectOf(body);
  if (deleted !== event.endsWith('_delete'))
    return `it has the body of another event: ${JSON.stringify(body)}`;
  const shown = await platform.get(`${type}/${id}`);
  if (!deleted) return difference(shown, body);
  if (shown !== undefined) return 'the API still shows what was deleted';
  const [row] = await platform.read(
    `select floor(extract(epoch from deleted_at)) as at from ${type} where id = $1`,
    [id],
  );
  const at = part(body, 'data', 'attributes', 'deleted_at');
  const isRecent = typeof at === 'number' && Math.abs(Date.now() / 1000 - at) < recentSeconds;
  const expected = row ? Number(row.at) : isRecent ? at : Math.floor(Date.now() / 1000);
  return difference({ data: { id, type, attributes: { deleted_at: expected } } }, body);
}

/** What a document speaks of, for people: `donation …8f9012 35, paid`, `campaign …8f9bbb Robotics Club`. */
export function recordText(_event: string, body: Json): string {
  const { type, id, deleted } = subjectOf(body);
  const text = (name: string): string => String(part(body, 'data', 'attributes', name) ?? '');
  const what = type === 'donations' ? `$${text('amount')}, ${text('status')}` : text('name');
  return `…${id.slice(-6)} ${deleted ? 'is deleted' : what}`;
}
