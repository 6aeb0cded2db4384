import type { EndpointRowView } from '../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { now } from '../../data/clock.ts';
import { formatCount, shareOf } from '../../data/format.ts';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { Sparkline } from '../../ui/sparkline.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import type { Column } from '../../ui/table.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { isNone } from './held.ts';
import { plainWords } from './plain-words.ts';
import { ShortEvents } from './short-events.tsx';
import { urlParts } from './url-parts.ts';

const words = texts.list;

/** What the list shows of each webhook. */
export function columnsFor({
  catalog,
  gone,
}: {
  catalog: CatalogView | undefined;
  gone: ReadonlySet<string>;
}): Column<EndpointRowView>[] {
  const { columns } = words;
  return [
    { key: 'webhook', head: columns.webhook, phone: 'line', cell: (row) => <Name row={row} /> },
    {
      key: 'state',
      head: columns.state,
      width: '16%',
      phone: 'line',
      cell: (row) => <State row={row} gone={gone.has(row.id)} />,
    },
    {
      key: 'events',
      head: columns.events,
      width: '14%',
      phone: 'line',
      cell: (row) => <Events row={row} catalog={catalog} />,
    },
    { key: 'day', head: columns.lastDay, width: '11rem', cell: (row) => <LastDay row={row} /> },
    {
      key: 'last',
      head: columns.lastDelivery,
      width: '6.5rem',
      cell: ({ lastAttemptAt }) =>
        lastAttemptAt === null ? <span class="dim">{words.never}</span> : <Time at={lastAttemptAt} />,
    },
    {
      key: 'backlog',
      head: columns.backlog,
      width: '5rem',
      end: true,
      cell: ({ backlog }) => (isNone(backlog) ? <span class="dim">0</span> : formatCount(backlog)),
    },
  ];
}

/** What it is subscribed to; and of which tenant, where the catalog has tenants. */
function Events({
  row: { events, tenant },
  catalog,
}: {
  row: EndpointRowView;
  catalog: CatalogView | undefined;
}) {
  return (
    <span class="webhook-events">
      <ShortEvents events={events} catalog={catalog} />
      {catalog?.hasTenants && (
        <small class="dim" title={tenant ?? undefined}>
          {tenant === null ? words.allTenants : <Text>{words.tenant(tenant)}</Text>}
        </small>
      )}
    </span>
  );
}

/** The host stands out, and the end, by which those of one host differ, is not cut; the whole URL is there to be read on hover. */
function Name({ row }: { row: EndpointRowView }) {
  const { scheme, host, middle, end } = urlParts(row.url);
  return (
    <span class="webhook-name" title={row.url}>
      <span class="webhook-url">
        {scheme !== 'https://' && <span class="dim">{scheme}</span>}
        <b>
          <Text>{host}</Text>
        </b>
        {middle !== '' && (
          <span class="webhook-middle dim">
            <Text>{middle}</Text>
          </span>
        )}
        {end !== '' && (
          <span class="dim">
            <Text>{end}</Text>
          </span>
        )}
      </span>
      <small class="dim">{row.description === '' ? '\u00a0' : <Text>{row.description}</Text>}</small>
    </span>
  );
}

function State({ row, gone }: { row: EndpointRowView; gone: boolean }) {
  const why = gone ? words.gone : row.statusWords && plainWords(row.statusWords, now.value);
  const short = !gone && row.statusReason ? words.failed(row.statusReason, row.health.failures) : null;
  return (
    <span class="webhook-state">
      <StateBadge state={row.status} title={why ?? undefined} />
      {why !== null && (
        <small class="dim" title={why}>
          <Text>{short ?? why}</Text>
        </small>
      )}
    </span>
  );
}

function LastDay({ row: { lastDay } }: { row: EndpointRowView }) {
  const { succeeded, failed, hours } = lastDay;
  const share = shareOf(succeeded, failed);
  return (
    <span class="webhook-day">
      <Sparkline bars={hours} label={words.lastDay(succeeded, failed)} />
      <span class={share !== null && share < 0.95 ? 'share low' : 'share'}>{words.share(share)}</span>
    </span>
  );
}
