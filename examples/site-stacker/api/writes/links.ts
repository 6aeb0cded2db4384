import type { Session } from '../database.ts';
import { Refused } from './writer.ts';

/** Assignments that are a row of their own: made with PUT, taken back with DELETE, both as often as one likes. */
export interface Link {
  path: string;
  put: (db: Session, params: Record<string, string>) => Promise<void>;
  remove: (db: Session, params: Record<string, string>) => Promise<void>;
}

const idOf = (params: Record<string, string>, name: string): string => {
  const id = params[name] ?? '';
  if (!/^[1-9]\d{0,17}$/.test(id)) throw new Refused(404, `There is no record ${id}.`);
  return id;
};

async function mustExist(db: Session, table: string, id: string): Promise<string> {
  if (!(await db.one(table, id))) throw new Refused(404, `There is no record ${id} in ${table}.`);
  return id;
}

const personType: Link = {
  path: '/api/people/:id/types/:typeId',
  async put(db, params) {
    const personId = await mustExist(db, 'people', idOf(params, 'id'));
    const typeId = await mustExist(db, 'person_types', idOf(params, 'typeId'));
    await db.query(
      'insert into people_person_types (person_id, person_type_id) values ($1, $2) on conflict do nothing',
      [personId, typeId],
    );
  },
  async remove(db, params) {
    await db.query('delete from people_person_types where person_id = $1 and person_type_id = $2', [
      idOf(params, 'id'),
      idOf(params, 'typeId'),
    ]);
  },
};

/** The tagged record may be of any kind, also one that this API does not offer: it is not looked up. */
const tagLink: Link = {
  path: '/api/tags/:id/links/:model/:foreignKey',
  async put(db, params) {
    const tagId = await mustExist(db, 'tags', idOf(params, 'id'));
    await db.query(
      'insert into tags_models (tag_id, model, foreign_key) values ($1, $2, $3) on conflict do nothing',
      [tagId, modelOf(params), idOf(params, 'foreignKey')],
    );
  },
  async remove(db, params) {
    await db.query('delete from tags_models where tag_id = $1 and model = $2 and foreign_key = $3', [
      idOf(params, 'id'),
      modelOf(params),
      idOf(params, 'foreignKey'),
    ]);
  },
};

function modelOf(params: Record<string, string>): string {
  const model = params.model ?? '';
  if (!/^[A-Z][A-Za-z]*$/.test(model))
    throw new Refused(400, `model: ${model} is not a kind of record, such as Person.`);
  return model;
}

export const links: Link[] = [personType, tagLink];
