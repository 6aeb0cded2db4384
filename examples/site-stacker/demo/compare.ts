import type { Json } from '../api/database.ts';
import type { Crm } from './crm.ts';
import { idIn, part, pathOfModel, subjectOf } from './records.ts';

/**
 * Compares a delivery's body with what the CRM's own API says of the record at this moment.
 * @returns undefined when they are the same, keys in order; else a sentence that names the first difference
 */
export async function differenceOf(event: string, body: Json, crm: Crm): Promise<string | undefined> {
  const subject = subjectOf(event);
  switch (subject.kind) {
    case 'ping':
      return undefined; // the endpoint is rowhook's, not the CRM's; see once.ts
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

/** Compares as JSON texts, so the order of keys counts; then looks for where they part. */
function difference(expected: Json | undefined, found: Json | undefined): string | undefined {
  if (JSON.stringify(expected) === JSON.stringify(found)) return undefined;
  return firstDifference(expected, found, []);
}

function firstDifference(
  expected: Json | undefined,
  found: Json | undefined,
  path: readonly string[],
): string {
  const at = path.join('.') || 'the body';
  if (isObject(expected) && isObject(found)) {
    const [wanted, given] = [Object.keys(expected), Object.keys(found)];
    if (wanted.join() !== given.join()) return `${at}: expected the keys ${wanted}, found ${given}`;
    const key = wanted.find(
      (each) => JSON.stringify(part(expected, each)) !== JSON.stringify(part(found, each)),
    );
    if (key !== undefined) return firstDifference(part(expected, key), part(found, key), [...path, key]);
  }
  return `${at}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null;
