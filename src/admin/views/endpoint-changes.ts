import type { Endpoint } from '../../store/endpoints.ts';
import { shownUrl } from '../../wire/endpoint-url.ts';
import type { EndpointPatchView } from '../shapes/endpoint.ts';

const told = [
  'url',
  'description',
  'events',
  'dialect',
  'concurrency',
  'rate',
  'timeoutMs',
  'schedule',
  'ordering',
  'headers',
  'clientCertificate',
  'ca',
  'proxy',
] as const;

/** What the audit trail keeps of an endpoint that was registered. Pure. */
export function auditedEndpoint({ url, events, dialect, tenant, hasSecret }: Endpoint) {
  return { url: shownUrl(url), events, dialect, tenant, signed: hasSecret };
}

/**
 * What a change of an endpoint was, for the audit trail: of each field that is another one now, what it was and is. Of what is secret (values
 * of headers, keys, tokens in a URL) only that it was given anew. Pure.
 */
export function auditedChange(
  before: Endpoint,
  after: Endpoint,
  patch: EndpointPatchView,
): Readonly<Record<string, unknown>> {
  const changed: Record<string, unknown> = {};
  for (const field of told) {
    const [was, is] = [before, after].map((each) => (field === 'url' ? shownUrl(each.url) : each[field]));
    const isSame =
      JSON.stringify(was) === JSON.stringify(is) && !(field === 'url' && before.url !== after.url);
    if (!isSame) changed[field] = { before: was, after: is };
  }
  const values = (patch.headers ?? []).flatMap(([name, value]) => (value === null ? [] : [name]));
  return {
    changed,
    ...(values.length > 0 ? { headerValues: values } : {}),
    ...(patch.clientKey ? { clientKey: 'replaced' } : {}),
    ...(patch.proxy ? { proxy: 'replaced' } : {}),
  };
}
