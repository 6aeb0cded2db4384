import type { Application } from '../../demo/application.ts';
import { difference, idIn, type Json, part } from '../../demo/json.ts';
import { pathOfModel, subjectOf } from './records.ts';

/**
 * Compares a delivery's body with what the CRM's own API says of the record at this moment.
 * @returns undefined when they are the same, keys in order; else a sentence that names the first difference
 */
export async function differenceOf(event: string, body: Json, crm: Application): Promise<string | undefined> {
  const subject = subjectOf(event);
  switch (subject.kind) {
    case 'ping':
      return pingDifference(body, crm);
    case 'record': {
      const path = `${subject.path}/${idIn(body)}`;
      if (!subject.deleted) return difference(await crm.get(path), body);
      return difference(firstLevel(crm.rememberedBody(path)), firstLevel(body));
    }
    case 'person type': {
      const [type] = await crm.read('select id::text, name from person_types where id = $1', [
        idIn(body, 'person_type'),
      ]);
      const person = await crm.get(`people/${idIn(body, 'person')}`);
      return difference({ person_type: { ...type } as Json, person } as Json, body);
    }
    case 'tag link': {
      const { model = null, foreign_key = null } = body as { model?: Json; foreign_key?: Json };
      const path = pathOfModel(String(model));
      const record = path && (await crm.get(`${path}/${foreign_key}`));
      const tag = await crm.get(`tags/${idIn(body, 'tag')}`);
      return difference({ model, foreign_key, tag: tag ?? null, record: record || null }, body);
    }
  }
}

/** What is certain of a record that is gone: its own fields, and that the keys of its associations are there. */
function firstLevel(body: Json | undefined): Json | undefined {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, typeof value === 'object' ? null : value]),
  );
}

/** The ping says how its endpoint was registered, in the order of shapes/webhook.json, and never its secret. */
async function pingDifference(body: Json, crm: Application): Promise<string | undefined> {
  const hook = part(body, 'hook');
  const [row] = await crm.read('select id::text, url, secret from rowhook.endpoint');
  const [created, modified] = [part(hook, 'created') ?? null, part(hook, 'modified') ?? null];
  if (JSON.stringify(body).includes(row!.secret!)) return 'its body has the secret in it';
  return difference(
    {
      hook: {
        ...{ id: row!.id!, url: row!.url!, active: true, webhook_delivery_count: '0' },
        ...{ created, modified, events: ['*'] },
      },
    },
    body,
  );
}
