import type { EventView } from '../../../src/admin/shapes/event.ts';
import { events } from '../../texts/events.ts';
import { Badge } from '../../ui/badge.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import type { GridColumn } from '../deliveries/grid-row.tsx';

const { columns: heads } = events;

const columns: readonly GridColumn<EventView>[] = [
  { key: 'event', head: heads.event, leads: true, cell: ({ name }) => <Text>{name}</Text> },
  {
    key: 'record',
    head: heads.record,
    cell: ({ resource, recordKey }) =>
      resource === null ? (
        <span class="dim">{events.noRecord}</span>
      ) : (
        <Text mono>{`${resource}:${recordKey}`}</Text>
      ),
  },
  {
    key: 'tenant',
    head: heads.tenant,
    cell: ({ tenant }) => (tenant === null ? <span class="dim">–</span> : <Text>{tenant}</Text>),
  },
  {
    key: 'webhooks',
    head: heads.webhooks,
    cell: ({ deliveries }) =>
      deliveries === 0 ? <Badge title={events.nobodyHint}>{events.nobody}</Badge> : events.got(deliveries),
  },
  { key: 'time', head: heads.time, cell: ({ changedAt }) => <Time at={changedAt} /> },
];

const withoutTenant = columns.filter(({ key }) => key !== 'tenant');

/** What a row of the events shows; the tenant only where the catalog has some. */
export const columnsOf = (hasTenants: boolean): readonly GridColumn<EventView>[] =>
  hasTenants ? columns : withoutTenant;

/** An event in a few words: for the name of its menu. */
export function nameOf({ name, resource, recordKey }: EventView): string {
  return resource === null ? name : `${name}, ${resource}:${recordKey}`;
}
