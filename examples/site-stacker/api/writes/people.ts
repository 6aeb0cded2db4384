import type { z } from 'zod';
import type { Columns, Session } from '../database.ts';
import {
  addressFields,
  emailFields,
  ofPerson,
  personFields,
  phoneFields,
  relationChange,
  relationFields,
} from './people-fields.ts';
import { insert, parse, Refused, removal, update, type Writer } from './writer.ts';

const fullname = (firstname: unknown, lastname: unknown): string =>
  [firstname, lastname].filter(Boolean).join(' ');

const newPerson = personFields.extend({
  email: emailFields.optional(),
  address: addressFields.optional(),
  phone: phoneFields.optional(),
});

/** A person may be created together with a first email, address and phone, which become the default ones. */
export const people: Writer = {
  async create(db, input) {
    const { email, address, phone, ...columns } = parse(newPerson, input);
    const id = await insert(db, 'people', {
      fullname: fullname(columns.firstname, columns.lastname),
      ...columns,
    });
    if (email) await insert(db, 'person_emails', { ...email, person_id: id, default: true });
    if (address) await insert(db, 'person_addresses', { ...address, person_id: id, default: true });
    if (phone) await insert(db, 'person_phones', { ...phone, person_id: id, default: true });
    return id;
  },

  async change(db, id, input) {
    const columns = parse(personFields.partial(), input);
    const person = (await db.one('people', id))!;
    const renamed = columns.firstname !== undefined || columns.lastname !== undefined;
    const name = fullname(columns.firstname ?? person.firstname, columns.lastname ?? person.lastname);
    await update(db, 'people', id, { ...(renamed && { fullname: name }), ...columns });
  },

  remove: removal('people', 'Person'),
};

/** Emails, addresses and phones: of each a person has at most one default, and the first one is it. */
function contact(table: string, fields: z.ZodObject): Writer {
  // The old default steps back first, because a person must not have two even for a moment.
  const stepBack = (db: Session, personId: unknown, exceptId: string | null) =>
    db.query(
      `update ${table} set "default" = false, modified = now()
        where person_id = $1 and "default" and id is distinct from $2`,
      [personId, exceptId],
    );
  return {
    async create(db, input) {
      const columns = parse(fields.extend(ofPerson), input) as Columns;
      const personId = columns.person_id as string;
      const isFirst = (await db.defaultOf(table, personId)) === null;
      if (columns.default === true) await stepBack(db, personId, null);
      return insert(db, table, { default: isFirst, ...columns });
    },

    async change(db, id, input) {
      const columns = parse(fields.partial(), input) as Columns;
      const row = (await db.one(table, id))!;
      if (columns.default === true) await stepBack(db, row.person_id, id);
      await update(db, table, id, columns);
    },

    remove: removal(table),
  };
}

export const emails = contact('person_emails', emailFields);
export const addresses = contact('person_addresses', addressFields);
export const phones = contact('person_phones', phoneFields);

/** A relation is stored once for each side, each row linked to the other. */
export const relationships: Writer = {
  async create(db, input) {
    const { person_id, related_person_id, type_id, description } = parse(relationFields, input);
    const type = await db.one('person_relation_types', type_id);
    if (!type) throw new Refused(400, `type_id: there is no relation type ${type_id}.`);
    const id = await insert(db, 'person_relations', { person_id, related_person_id, type_id, description });
    const otherId = await insert(db, 'person_relations', {
      person_id: related_person_id,
      related_person_id: person_id,
      type_id: type.linked_relation_type_id as string,
      linked_relation_id: id,
    });
    await update(db, 'person_relations', id, { linked_relation_id: otherId });
    return id;
  },

  change: async (db, id, input) =>
    void (await update(db, 'person_relations', id, parse(relationChange, input))),

  // The foreign key takes the other side along.
  remove: removal('person_relations'),
};
