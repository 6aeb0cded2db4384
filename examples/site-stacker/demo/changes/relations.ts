import type { Application } from '../../../demo/application.ts';
import { idIn, part } from '../../../demo/json.ts';

export async function relations(crm: Application): Promise<void> {
  await relationPairs(crm);
  await personTypes(crm);
}

/** Relations come in pairs, one for each side, and go in pairs. */
async function relationPairs(crm: Application): Promise<void> {
  const parent = await crm.api(
    'POST',
    'relationships',
    { person_id: '20', related_person_id: '413', type_id: '3', description: 'since 2001' },
    (body) => [
      ['person_relation_create', idIn(body)],
      ['person_relation_create', String(part(body, 'linked_relation_id'))],
    ],
  );
  const [parentId, childId] = [idIn(parent), String(part(parent, 'linked_relation_id'))];
  await crm.api('PATCH', `relationships/${parentId}`, { description: 'adopted' }, () => [
    ['person_relation_update', parentId],
  ]);
  await crm.remember(`relationships/${parentId}`, `relationships/${childId}`);
  await crm.api('DELETE', `relationships/${parentId}`, undefined, () => [
    ['person_relation_delete', parentId],
    ['person_relation_delete', childId],
  ]);

  const ids: string[] = [];
  await crm.transaction('two people become friends', async (query) => {
    const insert = `insert into person_relations (person_id, related_person_id, type_id, linked_relation_id)
      values ($1, $2, 2, $3) returning id`;
    const [one] = await query(insert, [412, 414, null]);
    const [other] = await query(insert, [414, 412, one!.id]);
    await query('update person_relations set linked_relation_id = $1 where id = $2', [other!.id, one!.id]);
    ids.push(one!.id!, other!.id!);
    return ids.map((id) => ['person_relation_create', id] as const);
  });
  await crm.sql(`update person_relations set description = 'rowing' where id = any ($1)`, [ids], () =>
    ids.map((id) => ['person_relation_update', id] as const),
  );
  await crm.remember(...ids.map((id) => `relationships/${id}`));
  await crm.sql('delete from person_relations where id = $1', [ids[1]], () =>
    ids.map((id) => ['person_relation_delete', id] as const),
  );
}

async function personTypes(crm: Application): Promise<void> {
  await crm.api('PUT', 'people/20/types/18', undefined, () => [['person_type_assign', '20/18']]);
  await crm.api('DELETE', 'people/20/types/18', undefined, () => [['person_type_unassign', '20/18']]);
  await crm.sql(
    'insert into people_person_types (person_id, person_type_id) values (412, 19), (413, 19), (414, 17)',
    [],
    () => ['412/19', '413/19', '414/17'].map((key) => ['person_type_assign', key] as const),
  );
  await crm.sql('delete from people_person_types where person_type_id = 19', [], () => [
    ['person_type_unassign', '412/19'],
    ['person_type_unassign', '413/19'],
  ]);
}
