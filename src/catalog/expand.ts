import { isPlain, type Mistake, mistake, shown } from './mistake.ts';

type Plain = Readonly<Record<string, unknown>>;

/**
 * Fields with those of other resources in the places of `fieldsOf`. Pure.
 * @param within resources whose fields are being written: to meet one of them again is a cycle
 * @param resources as they were written
 * @param mistakes takes what is wrong
 */
export function expandFields(
  fields: unknown,
  path: string,
  within: readonly string[],
  resources: Plain,
  mistakes: Mistake[],
): unknown {
  if (!isPlain(fields)) return fields;
  if (fields.kind === 'fields_of')
    return fieldsOfResource(fields.resource, path, within, resources, mistakes);
  // A single field without a name.
  if (typeof fields.kind === 'string') return fields;
  const entries = Object.entries(fields).map(([name, field]) => [
    name,
    expandField(field, `${path}.${name}`, within, resources, mistakes),
  ]);
  return Object.fromEntries(entries);
}

function expandField(
  field: unknown,
  path: string,
  within: readonly string[],
  resources: Plain,
  mistakes: Mistake[],
): unknown {
  if (!isPlain(field)) return field;
  if (isPlain(field.cases)) {
    const cases = Object.entries(field.cases).map(([name, one]) => [
      name,
      expandField(one, `${path}.cases.${name}`, within, resources, mistakes),
    ]);
    return { ...field, cases: Object.fromEntries(cases) };
  }
  if (!('fields' in field)) return field;
  return { ...field, fields: expandFields(field.fields, `${path}.fields`, within, resources, mistakes) };
}

function fieldsOfResource(
  name: unknown,
  path: string,
  within: readonly string[],
  resources: Plain,
  mistakes: Mistake[],
): unknown {
  const resource = typeof name === 'string' && Object.hasOwn(resources, name) ? resources[name] : undefined;
  if (typeof name !== 'string' || !isPlain(resource)) {
    const known = Object.keys(resources).join(', ');
    mistakes.push(mistake('resource_unknown', path, `one of ${known}`, shown(name)));
    return placeholder;
  }
  if (within.includes(name)) {
    const round = [...within, name].join(' → ');
    mistakes.push(mistake('association_cycle', path, 'associations that come to an end', round));
    return placeholder;
  }
  return expandFields(resource.fields, path, [...within, name], resources, mistakes);
}

/** What stands where a mistake was, so that it is not reported a second time as something else. */
const placeholder = { kind: 'column', column: 'id', format: 'text' };
