import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import type { DraftField } from './conflict.ts';
import { scheduleText } from './schedule.ts';

/** What can be shown of a field as a text, to tell two versions apart. Of certificates and the proxy that is what is public of them. */
export function shownField(field: DraftField, endpoint: EndpointView): string {
  switch (field) {
    case 'events':
      return endpoint.events.join(', ');
    case 'headers':
      return endpoint.headers === 'sealed' ? 'sealed' : endpoint.headers.join(', ');
    case 'timeout':
      return endpoint.timeoutMs === null ? '' : `${endpoint.timeoutMs / 1_000} s`;
    case 'schedule':
      return endpoint.schedule === null ? '' : scheduleText(endpoint.schedule) || '0';
    case 'clientCertificate':
      return endpoint.clientCertificate?.subject ?? '';
    case 'ca':
      return endpoint.ca?.map(({ subject }) => subject).join('; ') ?? '';
    default:
      return String(endpoint[field] ?? '');
  }
}
