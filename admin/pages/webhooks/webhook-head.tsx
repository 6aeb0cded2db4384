import type { ComponentChildren } from 'preact';
import type { EndpointView } from '../../../src/admin/shapes/endpoint.ts';
import type { CatalogView } from '../../../src/admin/shapes/session.ts';
import { now } from '../../data/clock.ts';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { MenuButton } from '../../ui/menu.tsx';
import { Note } from '../../ui/note.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { dialectOf } from './form/draft.ts';
import { plainWords } from './plain-words.ts';
import { ShortEvents } from './short-events.tsx';
import { hostOf } from './url-parts.ts';
import type { Actions } from './use-actions.tsx';

const words = texts.page;

/** The URL, whole where there is room. */
export function WebhookHeading({ endpoint }: { endpoint: EndpointView }) {
  return (
    <span class="webhook-heading">
      <span class="webhook-heading-url" title={endpoint.url}>
        <Text>{endpoint.url}</Text>
      </span>
      <CopyButton text={endpoint.url} label={words.copyUrl} />
      <StateBadge state={endpoint.status} title={endpoint.statusWords ?? undefined} />
    </span>
  );
}

/** What is done most often as buttons; the rest in a menu. */
export function WebhookActions({ endpoint, actions }: { endpoint: EndpointView; actions: Actions }) {
  const isHeld = endpoint.status === 'paused' || endpoint.status === 'disabled';
  const items = actions.items(endpoint, { onItsPage: true });
  const ping = items.find(({ label }) => label === texts.actions.ping);
  return (
    <>
      <Button operator icon="webhook" why={ping?.why} onClick={() => actions.open('ping', endpoint)}>
        {texts.actions.ping}
      </Button>
      {isHeld ? (
        <Button operator kind="primary" icon="play" onClick={() => actions.open('resume', endpoint)}>
          {texts.actions.resume}
        </Button>
      ) : (
        <Button operator icon="pause" onClick={() => actions.open('pause', endpoint)}>
          {texts.actions.pause}
        </Button>
      )}
      <MenuButton label={`${texts.actions.more}: ${hostOf(endpoint.url)}`} items={() => items} />
    </>
  );
}

/** What it is for and subscribed to; and where it does not get what it should, why and since when. */
export function WebhookStanding({
  endpoint,
  catalog,
  actions,
}: {
  endpoint: EndpointView;
  actions: Actions;
  catalog: CatalogView | undefined;
}) {
  const { status, statusWords, statusSince, statusUntil } = endpoint;
  return (
    <>
      {endpoint.description !== '' && (
        <p class="webhook-description">
          <Text>{endpoint.description}</Text>
        </p>
      )}
      {status !== 'active' && (
        <Note
          tone={status === 'failing' ? 'bad' : 'warn'}
          actions={
            status === 'failing' && (
              <Button small operator icon="play" onClick={() => actions.tryNow(endpoint)}>
                {texts.actions.tryNow}
              </Button>
            )
          }
        >
          <p>
            <Text>{sentence(plainWords(statusWords ?? texts.status[status], now.value))}</Text>{' '}
            {statusSince !== null && (
              <span class="dim">
                {words.began} <Time at={statusSince} />.{' '}
              </span>
            )}
            {statusUntil !== null && (
              <span class="dim">
                {words.until} <Time at={statusUntil} />.
              </span>
            )}
          </p>
          {status !== 'failing' && <p>{texts.status[status]}</p>}
        </Note>
      )}
      <dl class="webhook-facts">
        <Fact name={words.facts.events}>
          <ShortEvents events={endpoint.events} catalog={catalog} most={4} />
        </Fact>
        {catalog?.hasTenants && (
          <Fact name={words.facts.tenant}>
            {endpoint.tenant === null ? texts.list.allTenants : <Text>{endpoint.tenant}</Text>}
          </Fact>
        )}
        {catalog && <Fact name={words.facts.dialect}>{dialectOf(catalog, endpoint.dialect).name}</Fact>}
        <Fact name={words.facts.created}>
          <Time at={endpoint.createdAt} />
        </Fact>
        <Fact name={words.facts.id}>{endpoint.id}</Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
