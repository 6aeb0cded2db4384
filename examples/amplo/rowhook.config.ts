// In an application this is: import type { RowhookConfig } from 'rowhook';
import type { RowhookConfig } from '../../src/index.ts';

/** The config of the daemon beside the platform. It finds its database in ROWHOOK_DATABASE_URL. */
export default {
  catalog: 'amplo',
  // The demo's receiver is on this machine, where requests may go only because it is said here.
  delivery: { allow: ['127.0.0.1'] },
} satisfies RowhookConfig;
