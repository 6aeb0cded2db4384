import { createApi } from './api-client.ts';
import { base } from './base.ts';
import { signedOut } from './session-state.ts';

export { ApiProblem, type CallOptions, type Query } from './api-client.ts';

/** The API of the server that this page came from. */
export const api = createApi({ base, fetch: (url, init) => fetch(url, init), signedOut });
