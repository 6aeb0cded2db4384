import type { Reason } from '../delivery/verdict.ts';

/** A reason in words, for people. */
export interface ReasonWords {
  /** Goes on after "because": `the receiver answered with status 500`. */
  readonly because: string;
  /** What helps, as an imperative sentence; null: nothing but to wait, or the receiver must see to it. */
  readonly advice: string | null;
}

type FixedReason = Exclude<Reason, `http_${number}`>;

const said = (because: string, advice: string | null = null): ReasonWords => ({ because, advice });

/** Every reason that an attempt can have, but for `http_<status>`. Reasons of other versions are told by their own name. */
export const reasonWords: Readonly<Record<FixedReason, ReasonWords>> = {
  success: said('the receiver took it'),
  redirect: said(
    'the receiver answered with a redirect, which is never followed',
    'Register the URL that it points to.',
  ),
  timeout: said(
    'it was not over within its deadline, from the lookup of the name to the last byte of the answer',
    'Let the receiver answer first and do the work afterwards.',
  ),
  connection_refused: said('nobody listens there', 'See whether the receiver runs, and on that port.'),
  unreachable: said('no way leads there', "See to the URL's host, and to the network."),
  connection_reset: said('the connection was closed without an answer, or within one'),
  connection_failed: said('the connection failed'),
  dns_failed: said('the name has no address', "See to the URL's host, and to its DNS."),
  tls_failed: said(
    'there is no TLS, or a certificate that is not trusted',
    "Renew the receiver's certificate, with all that lead to its root; or give the endpoint an authority of its own.",
  ),
  invalid_response: said('the answer is not HTTP'),
  proxy_failed: said(
    "the endpoint's proxy could not be reached, or did not open the way",
    "See to the endpoint's proxy.",
  ),
  transport_invalid: said(
    "the endpoint's certificate, key, authorities or proxy cannot be used",
    'Give the endpoint others: `rowhook endpoints update`.',
  ),
  blocked_address: said('requests may not go to that address'),
  port_blocked: said(
    'requests may not go to that port',
    'Let the receiver listen on port 80, 443, or one from 1024 on.',
  ),
  https_required: said(
    'the URL is not https, which is asked for outside of the allow-list',
    'Register the https URL of the receiver.',
  ),
  invalid_request: said('what was to be sent is no HTTP request', 'This is worth a report.'),
  aborted: said('a daemon broke it off'),
  event_gone: said('retention had taken the event away before it was sent'),
  dialect_unknown: said(
    'the endpoint names a dialect that this version does not have',
    'Give the endpoint a dialect that there is: `rowhook endpoints update`.',
  ),
  tls_required: said(
    "the endpoint's dialect sends by https only, and its URL is none",
    'Register the https URL of the receiver.',
  ),
  secret_invalid: said(
    "the endpoint's dialect cannot sign with its secret, or needs one and there is none",
    'Give it one: `rowhook endpoints rotate-secret`.',
  ),
  process_died: said(
    'each process that began to send it died of it',
    "See the daemon's log from that time; this is worth a report.",
  ),
};

/** @param reason as an attempt has it. Pure */
export function wordsOfReason(reason: string): ReasonWords {
  const [, status] = /^http_(\d+)$/.exec(reason) ?? [];
  if (status !== undefined) return wordsOfStatus(Number(status));
  return isKnown(reason) ? reasonWords[reason] : said(`of the reason \`${reason}\``);
}

const isKnown = (reason: string): reason is FixedReason => Object.hasOwn(reasonWords, reason);

const statusAdvice: Readonly<Record<number, string>> = {
  401: 'See whether both sides have the same secret.',
  403: 'See whether both sides have the same secret, and whether the receiver lets us in.',
  404: 'See to the path of the URL.',
  405: 'Let the receiver take POST at this URL.',
  413: 'Let the receiver take larger bodies.',
};

function wordsOfStatus(status: number): ReasonWords {
  if (status === 410) return said('the receiver answered that it is gone (status 410)');
  if (status === 429) return said('the receiver answered that it gets too much (status 429)');
  return said(`the receiver answered with status ${status}`, statusAdvice[status] ?? null);
}

/**
 * Why an endpoint is disabled, to go on after "it is disabled".
 * @param reason rowhook.endpoint.disabled_reason; null: a person did it. Pure
 */
export function wordsOfDisabling(reason: string | null): string {
  if (reason === null) return 'by hand';
  if (reason === 'failing') return 'because it had failed for days';
  return `because ${wordsOfReason(reason).because}`;
}

const unshown: ReadonlyMap<string, string> = new Map(
  Object.entries({
    payload_failed: 'the database cannot make its body',
    tenant_failed: 'the database cannot say whose it is',
    source_failed: 'the application fails to give its body, while it gives others',
    source_invalid: 'what the application gives for it is no body',
    source_refused: "the application's API refuses it",
    no_address: 'its key makes no URL of its own',
    too_large: 'there was no room for its body',
    resource_unknown: 'the catalog has no such resource any more',
    key_changed: "the catalog's key is made of other columns than when it was captured",
  }),
);

/** Why a record is set aside. @param reason rowhook.set_aside.reason. Pure */
export const wordsOfSetAside = (reason: string): string =>
  unshown.get(reason) ?? `of the reason \`${reason}\``;
