import type { Dialect } from './dialect.ts';
import { headerForm } from './prefixed.ts';

const retries = 10;
const retryDelayMs = 60_000;

/** Site Stacker's webhooks. Its contract is fixed: 10 retries a minute apart, whatever the receiver says of them. */
export const siteStacker: Dialect = headerForm({
  name: 'site-stacker',
  prefix: 'SiteStacker',
  userAgent: 'SiteStacker',
  retryDelayMs: (attempts) => (attempts <= retries ? retryDelayMs : undefined),
  spreadsRetries: false,
  heedsReceiver: false,
});
