import type { Application } from '../../../demo/application.ts';
import { idIn } from '../../../demo/json.ts';

export async function tags(crm: Application): Promise<void> {
  await categoriesAndTags(crm);
  await links(crm);
}

async function categoriesAndTags(crm: Application): Promise<void> {
  const category = idIn(
    await crm.api('POST', 'tag-categories', { name: 'Skill', order: 3 }, (body) => [
      ['tag_category_create', idIn(body)],
    ]),
  );
  const tag = idIn(
    await crm.api('POST', 'tags', { name: 'Welding', category_id: category }, (body) => [
      ['tag_create', idIn(body)],
    ]),
  );
  await crm.api('PATCH', `tags/${tag}`, { external_id: 'w', external_type: 'skill' }, () => [
    ['tag_update', tag],
  ]);
  await crm.api('PATCH', `tag-categories/${category}`, { weight: '9' }, () => [
    ['tag_category_update', category],
  ]);
  // The tags of a category outlive it, without one.
  await crm.remember(`tag-categories/${category}`);
  await crm.api('DELETE', `tag-categories/${category}`, undefined, () => [
    ['tag_category_delete', category],
    ['tag_update', tag],
  ]);
  await crm.remember(`tags/${tag}`);
  await crm.api('DELETE', `tags/${tag}`, undefined, () => [['tag_delete', tag]]);

  const [place] = await crm.sql(
    `insert into tag_categories (name, site_id, in_content_preferences) values ('Place', 2, true) returning id`,
    [],
    ([row]) => [['tag_category_create', row!.id!]],
  );
  const [lisbon] = await crm.sql(
    `insert into tags (name, category_id) values ('Lisbon', $1) returning id`,
    [place!.id],
    ([row]) => [['tag_create', row!.id!]],
  );
  await crm.sql(`update tags set name = 'Lisboa' where id = $1`, [lisbon!.id], () => [
    ['tag_update', lisbon!.id!],
  ]);
  await crm.sql(`update tag_categories set "order" = "order" + 1 where id in (4, $1)`, [place!.id], () => [
    ['tag_category_update', '4'],
    ['tag_category_update', place!.id!],
  ]);
  await crm.remember(`tags/${lisbon!.id}`, `tag-categories/${place!.id}`);
  await crm.transaction('a tag and its category are deleted', async (query) => {
    await query('delete from tags where id = $1', [lisbon!.id]);
    await query('delete from tag_categories where id = $1', [place!.id]);
    return [
      ['tag_delete', lisbon!.id!],
      ['tag_category_delete', place!.id!],
    ];
  });
}

/** A tag may be linked to records of any kind, also to such as the API does not offer. */
const tagged = [
  'Person/413',
  'Campaign/58',
  'Contribution/8124',
  'ContributionBatch/4400',
  'Recurring/217',
  'PersonAddress/903',
  'PersonEmail/771',
  'PersonPhone/650',
  'File/77',
];

async function links(crm: Application): Promise<void> {
  for (const record of tagged)
    await crm.api('PUT', `tags/30/links/${record}`, undefined, () => [['tag_assign', `30/${record}`]]);
  for (const record of tagged.slice(0, 2))
    await crm.api('DELETE', `tags/30/links/${record}`, undefined, () => [['tag_unassign', `30/${record}`]]);
  await crm.sql(
    `insert into tags_models (tag_id, model, foreign_key) values (29, 'Person', 413), (29, 'Recurring', 215)`,
    [],
    () => [
      ['tag_assign', '29/Person/413'],
      ['tag_assign', '29/Recurring/215'],
    ],
  );
  await crm.sql('delete from tags_models where tag_id = 30', [], () =>
    tagged.slice(2).map((record) => ['tag_unassign', `30/${record}`] as const),
  );
  const guest = idIn(
    await crm.api('POST', 'people', { firstname: 'Guest' }, (body) => [['person_create', idIn(body)]]),
  );
  await crm.api('PUT', `tags/30/links/Person/${guest}`, undefined, () => [
    ['tag_assign', `30/Person/${guest}`],
  ]);
  // The application removes the links of what it deletes. The record can no longer be read: null.
  await crm.remember(`people/${guest}`);
  await crm.api('DELETE', `people/${guest}`, undefined, () => [
    ['tag_unassign', `30/Person/${guest}`],
    ['person_delete', guest],
  ]);
}
