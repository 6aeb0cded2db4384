import type { AuditEntryView } from '../../../src/admin/shapes/bulk.ts';
import { wordOf } from '../../data/word.ts';
import { Link, pathTo } from '../../routes.tsx';
import { auditWords as words } from '../../texts/audit.ts';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { EndpointName } from '../deliveries/endpoint-name.tsx';
import { ChangeLines } from './change-lines.tsx';
import { changesOf } from './changes.ts';

/** Who did what, when, to which webhook, and what it was before. */
export function Entry({ entry }: { entry: AuditEntryView }) {
  return (
    <li class="entry">
      <div class="entry-time">
        <Time at={entry.at} form="clock" />
        <span class="dim">
          <Time at={entry.at} />
        </span>
      </div>
      <div class="entry-what">
        <p>
          <b>
            <Text>{entry.actor}</Text>
          </b>{' '}
          {wordOf(words.actions, entry.action) ?? <code>{entry.action}</code>} <About entry={entry} />
        </p>
        <ChangeLines changes={changesOf(entry.detail)} />
      </div>
    </li>
  );
}

function About({ entry: { action, endpointId, target } }: { entry: AuditEntryView }) {
  const deliveryOf = target !== null && (action === 'delivery_redeliver' || action === 'endpoint_ping');
  return (
    <span class="entry-about">
      {endpointId !== null && (
        <>
          <Link to={pathTo('webhook', { id: endpointId })}>{words.webhook(endpointId)}</Link>
          <span class="dim entry-name">
            <EndpointName id={endpointId} />
          </span>
        </>
      )}
      {deliveryOf && <Link to={pathTo('delivery', { deliveryId: target })}>{words.delivery}</Link>}
      {target !== null && action.startsWith('bulk_') && (
        <Link to={pathTo('bulk')}>{words.bulkJob(target)}</Link>
      )}
    </span>
  );
}
