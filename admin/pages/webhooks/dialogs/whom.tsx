import type { EndpointView } from '../../../../src/admin/shapes/endpoint.ts';
import { Text } from '../../../ui/text.tsx';

/** Which webhook a dialog is about, whole: several may be of one host, which is all that its title says. */
export function Whom({ endpoint }: { endpoint: Pick<EndpointView, 'url' | 'description'> }) {
  return (
    <p class="whom">
      <Text mono>{endpoint.url}</Text>
      {endpoint.description !== '' && (
        <small class="dim">
          <Text>{endpoint.description}</Text>
        </small>
      )}
    </p>
  );
}
