/** What a receiver looks at. */
export interface SigningSample {
  /** How it is signed: as Standard Webhooks, or the body alone in a header. */
  readonly form: 'standard' | 'header';
  readonly headers: readonly string[];
  /** Code for a receiver in Node. */
  readonly code: string;
  /** The only status that counts as success; null: every 2xx. */
  readonly status: 200 | null;
}

const prefixed = (prefix: string): readonly string[] => [
  `${prefix}-Signature`,
  `${prefix}-Event`,
  `${prefix}-Delivery`,
];
const standardHeaders = ['webhook-signature', 'webhook-id', 'webhook-timestamp'];

/** How a receiver verifies what is sent in a dialect. Pure. */
export function signingSample(dialect: string): SigningSample {
  const isStandard = dialect === 'standard' || dialect === 'amplo';
  const prefix = dialect.startsWith('prefix:')
    ? (dialect.slice('prefix:'.length).split(' ')[0] ?? '')
    : 'SiteStacker';
  return {
    form: isStandard ? 'standard' : 'header',
    headers: isStandard ? standardHeaders : prefixed(prefix),
    status: dialect === 'amplo' ? 200 : null,
    code: `import { verify } from 'rowhook/verify';

const { ok } = verify({
  dialect: ${quoted(dialect)},
  secret: process.env.WEBHOOK_SECRET,
  headers: request.headers,
  body, // the bytes as they came
});
if (!ok) response.writeHead(401).end();`,
  };
}

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
