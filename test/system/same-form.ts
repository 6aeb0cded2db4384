import { expect } from 'chai';
import { shapeText } from '../fixtures/site-stacker.ts';
import type { EventCase } from './changes.ts';

/** What a link's body looks like, made of the shapes of what it links. */
export async function shapeOf(shape: EventCase['shape']): Promise<unknown> {
  if (shape === 'person_type_link') {
    return { person_type: { id: '18', name: 'Donor' }, person: JSON.parse(await shapeText('person')) };
  }
  if (shape === 'tag_link') {
    return {
      model: 'Person',
      foreign_key: '412',
      tag: JSON.parse(await shapeText('tag')),
      record: JSON.parse(await shapeText('person')),
    };
  }
  return JSON.parse(await shapeText(shape));
}

/** The same keys in the same order, and the same JSON types; null stands for anything, on both sides. */
export function expectSameForm(body: unknown, shape: unknown, path = 'body'): void {
  if (body === null || shape === null) return;
  expect(kindOf(body), path).to.equal(kindOf(shape));
  if (Array.isArray(shape)) {
    for (const [i, element] of (body as unknown[]).entries())
      expectSameForm(element, shape[0] ?? null, `${path}[${i}]`);
  } else if (typeof shape === 'object') {
    expect(Object.keys(body as object), path).to.eql(Object.keys(shape as object));
    for (const [key, value] of Object.entries(body as object)) {
      expectSameForm(value, (shape as Record<string, unknown>)[key], `${path}.${key}`);
    }
  }
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
