import { expect } from 'chai';
import { defineCatalog, text } from '../../src/catalog/define.ts';
import type { Resource } from '../../src/catalog/types.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { groupsOf } from '../../src/relay/lanes/groups.ts';

const fields = { id: text() };

/** The tables of one group each, in the order of the catalog. */
function groups(
  resources: Record<string, Omit<Resource, 'fields'>>,
  used = Object.keys(resources),
): string[][] {
  const catalog = defineCatalog({
    name: 'groups',
    resources: Object.fromEntries(Object.entries(resources).map(([name, one]) => [name, { ...one, fields }])),
    events: used.map((resource) => ({ name: `${resource}_new`, resource, on: 'insert' })),
  });
  const byGroup = new Map<number, string[]>();
  for (const [table, group] of groupsOf(catalog)) byGroup.set(group, [...(byGroup.get(group) ?? []), table]);
  return [...byGroup.values()].map((tables) =>
    tables.map((table) => table.replaceAll('"', '').replace('public.', '')),
  );
}
const part = (table: string) => ({ table, from: 'x_id', to: 'id' });

describe('groups of tables', () => {
  it('are apart where no record is of both', () => {
    expect(groups({ a: { table: 'a' }, b: { table: 'b' } })).to.eql([['a'], ['b']]);
  });
  it('are one where a table is part of the other, however long the chain', () => {
    const chain = {
      a: { table: 'a', parts: [part('ab')] },
      c: { table: 'c', parts: [part('cd')] },
      d: { table: 'd' },
      e: { table: 'cd', parts: [part('ab')] },
    };
    expect(groups(chain)).to.eql([['a', 'ab', 'c', 'cd'], ['d']]);
  });
  it('do not heed resources without events, which make no order', () => {
    expect(groups({ a: { table: 'a' }, b: { table: 'b', parts: [part('a')] } }, ['a'])).to.eql([['a']]);
  });
  it('are one where the last row of a record says whose another was', () => {
    const owned = (via: string) => ({ from: 'x_id', table: via, to: 'id', tenant: 'tenant_id' });
    const resources = {
      a: { table: 'a', tenant: owned('b') },
      b: { table: 'b', tenant: 'tenant_id' },
      c: { table: 'c', tenant: owned('elsewhere') },
    };
    expect(groups(resources)).to.eql([['a', 'b'], ['c']]);
  });
  it('leave the tables of the reference CRM apart, but for parts', () => {
    const all = groupsOf(siteStacker());
    expect(all.get('"public"."items"')).to.equal(all.get('"public"."campaigns"'));
    expect(new Set(all.values()).size).to.be.above(5);
  });
});
