import type { Claimed, EndpointSettings } from '../../src/delivery/queue/claim.ts';

export const plainSettings: EndpointSettings = {
  concurrency: null,
  rate: null,
  timeoutMs: null,
  schedule: null,
  ordering: 'none',
  headers: null,
  clientCertificate: null,
  clientKey: null,
  ca: null,
  proxy: null,
};

let made = 0;

/** So many deliveries as a claim would have brought them, the oldest first: first tries of an endpoint that is well, unless said. */
export function claimed(
  endpointId: string,
  count: number,
  more: Partial<Claimed> & { rate?: number; concurrency?: number } = {},
): Claimed[] {
  const { rate = null, concurrency = null, ...rest } = more;
  return Array.from({ length: count }, () => {
    made += 1;
    return {
      lane: 0,
      slot: 0,
      endpointId,
      id: `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`,
      eventId: '00000000-0000-7000-8000-000000000000',
      record: null,
      lease: '',
      sendBy: Number.POSITIVE_INFINITY,
      attempts: 0,
      settledAttempts: 0,
      firstDialect: null,
      starts: 1,
      counted: true,
      backlog: false,
      probe: false,
      url: '',
      secret: null,
      oldSecrets: [],
      endpointVersion: '1',
      dialect: null,
      settings: { ...plainSettings, rate, concurrency },
      unwell: false,
      event: null,
      bytes: 0,
      ...rest,
    };
  });
}
