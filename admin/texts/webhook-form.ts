import { formatCount, plural } from '../data/format.ts';
import type { DraftField } from '../pages/webhooks/form/conflict.ts';
import { plainDuration, runsOf, type ScheduleProblem } from '../pages/webhooks/form/schedule.ts';
import type { FieldFault, FieldName } from '../pages/webhooks/form/submission.ts';

/** A schedule in words: `10 retries, a minute apart: 11 attempts within 10 min`. */
function scheduleWords(delaysMs: readonly number[]): string {
  if (delaysMs.length === 0) return 'No retry: one attempt, and that is all.';
  const whole = delaysMs.reduce((sum, ms) => sum + ms, 0);
  const runs = runsOf(delaysMs);
  const pauses =
    runs.length === 1 && delaysMs.length > 1
      ? `${plainDuration(delaysMs[0]!)} apart`
      : `after ${runs.map(({ ms, times }) => (times > 2 ? `${times} × ${plainDuration(ms)}` : Array(times).fill(plainDuration(ms)).join(', '))).join(', ')}`;
  return `${plural(delaysMs.length, 'retry', 'retries')}, ${pauses}: ${delaysMs.length + 1} attempts within ${plainDuration(whole)}.`;
}

function scheduleProblem({ kind, part }: ScheduleProblem): string {
  return {
    form: `“${part}” is no pause. Write pauses like 30s, 5m, 2h, or 10 x 1m for ten of a minute.`,
    short: `“${part}” is too short: a second at least.`,
    long: `“${part}” is too long: 7 days at most.`,
    many: 'These are more than 50 retries.',
  }[kind];
}

const missing: Partial<Record<FieldName, string>> = {
  url: 'Enter the URL that deliveries go to.',
  events: 'Choose at least one event, or all of them.',
  tenant: 'Say whose events it gets.',
  secret: 'Enter the secret, or have one made.',
  clientCertificate: 'Paste the certificate.',
  schedule: 'Enter the pauses before each retry, or choose no retry.',
  ca: 'Paste the certificates of the authorities.',
  proxy: 'Enter the URL of the proxy.',
};

/** What is wrong with a field, and what would be right. */
function fault(field: FieldName, found: FieldFault): string {
  if (found.kind === 'schedule') return scheduleProblem(found.problem);
  if (found.kind === 'range') return `From ${formatCount(found.least)} to ${formatCount(found.most)}.`;
  if (found.kind === 'missing') return missing[field] ?? 'This is missing.';
  if (found.kind === 'value') {
    return field === 'secret'
      ? 'This dialect signs everything: it needs a secret.'
      : 'A header has no value. Enter it, or remove the header.';
  }
  return {
    number: 'Enter a number, or leave it empty for the default.',
    whole: 'Enter a whole number.',
    tls: 'This dialect sends by https only.',
    twice: 'A header is there twice.',
    name: 'A header has no name.',
    key: 'Paste the private key that belongs to the certificate.',
    pem: 'Paste it in PEM (-----BEGIN …).',
    prefix: 'Enter what the names of the headers begin with, such as Acme.',
  }[found.kind];
}

const fields: Record<DraftField, string> = {
  url: 'URL',
  description: 'Description',
  events: 'Events',
  dialect: 'Dialect',
  concurrency: 'Requests at a time',
  rate: 'Requests a second',
  timeout: 'Timeout',
  ordering: 'Order',
  schedule: 'Retries',
  headers: 'Custom headers',
  clientCertificate: 'Client certificate',
  ca: 'Trusted authorities',
  proxy: 'Proxy',
};

/** The form that makes a webhook, and changes it. */
export const webhookForm = {
  titleNew: 'Create webhook',
  fields,
  fault,
  scheduleWords,
  save: 'Save changes',
  create: 'Create webhook',
  cancel: 'Cancel',
  discard: 'Discard changes',
  unsaved: 'Unsaved changes',
  saved: 'Saved.',
  nothingChanged: 'Nothing was changed.',
  viewer: 'You are a viewer: you can look at the settings, and not change them.',
  correct: (count: number) => `Not sent: ${plural(count, 'field needs', 'fields need')} a correction.`,
  leaveTitle: 'Leave with unsaved changes?',
  leaveWords: 'What you entered here is lost.',
  leave: 'Leave',
  byDefault: 'default',
  url: {
    section: 'Receiver',
    label: 'URL',
    placeholder: 'https://hooks.example.net/path',
    hint: 'Each event is sent there as a POST request.',
    checking: 'Checking…',
    good: (addresses: readonly string[]) =>
      addresses.length === 0
        ? 'Requests may go there.'
        : `Requests may go there (${addresses.slice(0, 2).join(', ')}${addresses.length > 2 ? ', …' : ''}).`,
    unknown: 'It could not be checked now. Saving will tell.',
    refused: 'Requests would not go there as it is.',
  },
  description: { label: 'Description', hint: 'What it is for, and who to ask. Only people see it.' },
  events: {
    section: 'Events',
    all: 'All events, present and future',
    allHint: 'Also those that are added later. Replaces the choice below.',
    search: 'Search events',
    count: (chosen: number, total: number) => `${formatCount(chosen)} of ${formatCount(total)} chosen`,
    countAll: 'Everything',
    resting: (count: number) =>
      `Your choice of ${plural(count, 'event', 'events')} comes back if you untick it.`,
    group: (resource: string) => `All of ${resource}`,
    groupCount: (chosen: number, total: number) => `${chosen} / ${total}`,
    none: 'No event is called so.',
    gone: 'No longer in the catalog',
    clear: 'Clear',
  },
  tenant: {
    section: 'Tenant',
    label: 'Whose events it gets',
    one: 'One tenant',
    oneHint: 'Only events of records that belong to it.',
    id: 'Tenant id',
    all: 'All tenants',
    allHint: 'Events of every tenant, and of what belongs to nobody. For your own systems only.',
    fixed: 'The tenant of a webhook cannot change. Create another webhook for another tenant.',
  },
  secret: {
    section: 'Signing',
    made: 'Make a secret for me',
    madeHint: 'Shown once, after the webhook is created.',
    own: 'Use my own secret',
    ownLabel: 'Secret',
    ownHint: {
      standard: 'whsec_ and 24 to 64 bytes in base64, or an ed25519 private key (whsk_…).',
      header: 'Any text; long and random is good.',
    },
    none: 'Do not sign',
    noneHint: 'The receiver cannot tell whether a request is from here.',
    noneWhy: 'This dialect signs everything.',
  },
  limits: {
    section: 'Limits and retries',
    concurrency: {
      label: 'Requests at a time',
      hint: 'Over all daemons. Default: 8 from each daemon, unless it is set otherwise.',
    },
    rate: { label: 'Requests a second', hint: 'Over all daemons, evenly spaced. Default: no limit.' },
    timeout: {
      label: 'Timeout in seconds',
      hint: 'For a whole request. Default: 15, unless the daemon is set otherwise.',
    },
    ordering: {
      label: 'Order',
      none: 'As fast as possible; deliveries of a record may overtake each other',
      record: 'One delivery of a record at a time; later ones wait for it',
    },
    schedule: {
      label: 'Retries after a failure',
      byDefault: (dialect: string) => `As the dialect ${dialect} has it`,
      none: 'No retry',
      own: 'Own schedule',
      text: 'Pauses before each retry',
      hint: '5s, 30s, 2m, 1h, or 10 x 1m for ten of a minute.',
    },
  },
  headers: {
    section: 'Custom headers',
    hint: 'Sent with each request, for a receiver that wants a key of its own. Values are not shown again.',
    sealed: 'It has headers that are sealed with a key this server does not have. They stay as they are.',
    replaceAll: 'Replace all of them',
    name: 'Name',
    value: 'Value',
    kept: 'Value is kept',
    replace: 'Replace',
    keep: 'Keep the value',
    remove: (name: string) => (name === '' ? 'Remove the header' : `Remove ${name}`),
    add: 'Add a header',
    row: (index: number) => `Header ${index + 1}`,
  },
  advanced: {
    section: 'Advanced',
    hint: 'Dialect, client certificate, trusted authorities, proxy',
    dialect: {
      label: 'Dialect',
      hint: 'How deliveries look on the wire. What was tried already keeps the one that it began with.',
      byDefault: (name: string) => `Default of the catalog (${name})`,
      own: 'Headers with a prefix of your own',
      prefix: 'Prefix, and a User-Agent after a space',
      prefixHint: (prefix: string) => `Headers: ${prefix}-Event, ${prefix}-Signature, ${prefix}-Delivery`,
    },
    clientCertificate: {
      label: 'Client certificate (mTLS)',
      text: 'Certificate, in PEM',
      key: 'Private key, in PEM',
    },
    ca: { label: 'Trusted authorities', text: 'Certificates, in PEM', none: 'Those that the system trusts' },
    proxy: { label: 'Proxy', text: 'URL of the proxy', hint: 'http://user:password@proxy.example.net:3128' },
    none: 'None',
    keep: (shown: string) => `Keep: ${shown}`,
    sealed: 'what there is (sealed)',
    replace: 'Replace it',
    set: 'Set one',
    until: (day: string) => `valid until ${day}`,
  },
  conflict: {
    title: 'Somebody else has changed this webhook meanwhile.',
    was: 'was',
    is: 'is now',
    clash: 'you changed it too',
    empty: '(empty)',
    goOn: 'Keep my changes on top',
    goOnHint:
      'Fields that you did not touch follow theirs. Where both changed one, yours counts when you save.',
    reload: 'Discard mine, use theirs',
  },
} as const;
