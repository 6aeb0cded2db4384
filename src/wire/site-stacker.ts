import type { Dialect, HeaderList } from './dialect.ts';
import { signatureOf } from './signature.ts';

const retries = 10;
const retryDelayMs = 60_000;

/** Site Stacker's webhooks: the bare record as the body, the event's name in a header, 10 retries a minute apart. */
export const siteStacker: Dialect = {
  name: 'site-stacker',
  requiresTls: false,

  body: ({ payload }) => payload,

  // Ids and counters are strings in all of Site Stacker's bodies. The order of the keys is part of the contract.
  ping: (endpoint, timestamp) =>
    JSON.stringify({
      hook: {
        id: endpoint.id,
        url: endpoint.url,
        active: endpoint.active,
        webhook_delivery_count: String(endpoint.deliveryCount),
        created: timestamp(endpoint.createdAt),
        modified: timestamp(endpoint.updatedAt),
        events: endpoint.events,
      },
    }),

  headers(message): HeaderList {
    const headers: [string, string][] = [
      ['Content-Type', 'application/json'],
      ['User-Agent', 'SiteStacker'],
      ['SiteStacker-Event', message.eventName],
    ];
    if (message.secret !== null) {
      headers.push(['SiteStacker-Signature', signatureOf(message.body, message.secret)]);
    }
    headers.push(['SiteStacker-Delivery', message.deliveryId]);
    if (message.requestId !== null) headers.push(['Request-Id', message.requestId]);
    return headers;
  },

  succeeded: (status) => status >= 200 && status <= 299,

  retryDelayMs: (attempts) => (attempts <= retries ? retryDelayMs : undefined),
};
