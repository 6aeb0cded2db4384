import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { Text } from '../../ui/text.tsx';
import { shortEvents } from './short-events-of.ts';

/** What a webhook is subscribed to, in a few words; all of it on hover. */
export function ShortEvents({
  events,
  catalog,
  most,
}: {
  events: readonly string[];
  catalog: CatalogView | undefined;
  most?: number;
}) {
  if (events.includes('*')) return <span>{texts.list.allEvents}</span>;
  const { parts, more } = shortEvents(events, catalog ?? { resources: [] }, most);
  return (
    <span class="short-events" title={events.join('\n')}>
      <Text mono>{parts.join(', ')}</Text>
      {more > 0 && <span class="dim"> {texts.list.moreEvents(more)}</span>}
    </span>
  );
}
