import { plural } from '../data/format.ts';

export const events = {
  title: 'Events',
  list: 'Events, the newest first',
  columns: { event: 'Event', record: 'Record', tenant: 'Tenant', webhooks: 'Webhooks', time: 'Happened' },
  noRecord: 'No record',
  nobody: 'Nobody subscribed',
  nobodyHint: 'No webhook takes events of this name for this record. Open it to read why.',
  got: (count: number) => plural(count, 'webhook', 'webhooks'),
  loading: 'Loading events…',
  unseenName: (count: number) => `Show ${plural(count, 'new event', 'new events')} at the top`,
  cameIn: (count: number) => `${plural(count, 'new event', 'new events')}.`,
  empty: {
    title: 'Nothing has happened yet',
    text: 'Each change of a captured table that the catalog knows as an event appears here, whether or not a webhook gets it.',
  },
  emptyFiltered: { title: 'No event matches', text: 'Take a filter out, or look at another time.' },
  keys: { next: 'Next event', previous: 'Event before', close: 'Close the event' },
  open: 'Open',
  copyId: 'Copy event id',
  recordStory: 'Story of this record',
} as const;

export const event = {
  titleWithout: 'Event',
  recordStory: 'Story of this record',
  copyId: 'Copy the event id',
  back: 'Events',
  loading: 'Loading the event…',
  gone: {
    title: 'There is no such event',
    text: 'It may be older than what is kept, or the address is wrong.',
  },
  facts: {
    record: 'Record',
    tenant: 'Tenant',
    changed: 'Happened',
    created: 'Made an event',
    requestId: 'Request id',
    id: 'Event id',
  },
  payload: 'Payload',
  payloadGone: 'The payload is no longer kept.',
  deliveries: (count: number) => plural(count, 'delivery', 'deliveries'),
  deliveriesCut: (count: number) => `The first of ${count.toLocaleString('en-US')}.`,
  noDeliveries: 'No webhook got it.',
  why: 'Why each webhook got it, or did not',
} as const;

export const record = {
  title: (name: string) => `Record ${name}`,
  heading: 'Record',
  reload: 'Look again',
  allEvents: 'All its events',
  loading: 'Looking for what happened to it…',
  what: 'What became of its changes',
  since: 'Since',
  spans: { '1h': 'Last hour', '24h': 'Last 24 hours', '7d': 'Last 7 days', all: 'All that is kept' },
  events: 'Its events',
  noEvents: 'No event of this record is kept.',
} as const;

export const story = {
  advice: 'What helps',
  steps: 'Step by step',
  copy: 'Copy the command',
  resume: (id: string) => `Resume webhook ${id} on its page`,
  places: {
    webhook: (id: string) => `Go to webhook ${id}`,
    delivery: () => 'Show that delivery',
    redeliver: () => 'Redeliver it from its own page',
  },
} as const;
