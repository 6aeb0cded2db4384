/** The Entities of sql/presets/amplo.sql that have an endpoint, by the last part of its URL. */
export const entities = {
  /** Signs its deliveries. */
  university: '5f0c1d2e3a4b5c6d7e8f9e01',
  /** Does not, as it is documented. */
  school: '5f0c1d2e3a4b5c6d7e8f9e02',
} as const;

/** Nobody listens for this one. */
export const shelter = '5f0c1d2e3a4b5c6d7e8f9e03';

/** Sample records. */
export const sample = {
  /** Of the university. */
  robotics: '5f0c1d2e3a4b5c6d7e8f9bbb',
  rowing: '5f0c1d2e3a4b5c6d7e8f9bbc',
  /** Of the school. */
  books: '5f0c1d2e3a4b5c6d7e8f9bbd',
  /** Of the shelter. */
  beds: '5f0c1d2e3a4b5c6d7e8f9bbe',
  /** 35 dollars for robotics. */
  gift: '5f0c1d2e3a4b5c6d7e8f9012',
  maren: '5f0c1d2e3a4b5c6d7e8f9aaa',
} as const;

export type EntityName = keyof typeof entities;

/** Names an object by the Entity whose it must be, so that one that comes to another is no answer to it. */
export const of = (entity: EntityName, id: string): string => `${entity}/${id}`;

/** The name of an Entity by its id; undefined for one without an endpoint. */
export const entityNamed = (id: string): EntityName | undefined =>
  (Object.keys(entities) as EntityName[]).find((name) => entities[name] === id);
