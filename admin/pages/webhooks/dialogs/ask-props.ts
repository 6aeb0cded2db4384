import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';

/** What can be asked about a webhook. */
export type DialogName = 'ping' | 'pause' | 'resume' | 'redeliver' | 'rotate' | 'disable' | 'remove';

/** What every dialog about a webhook is told. */
export interface AskProps {
  readonly endpoint: EndpointView;
  readonly onClose: () => void;
  /** It was changed; with how it is now, where the server told. */
  readonly onChange: (endpoint?: EndpointView) => void;
  /** Another dialog in place of this one. */
  readonly onOpen: (name: DialogName) => void;
}
