import { delivery } from '../../texts/deliveries.ts';
import { Text } from '../../ui/text.tsx';
import { endpointName } from './endpoint-names.ts';

/** A webhook by its description, or by its URL without the scheme; in full on hover. */
export function EndpointName({ id }: { id: string }) {
  const name = endpointName(id).value;
  if (name === undefined) return <span class="dim">{`#${id}`}</span>;
  if (name === null) return <span class="dim">{delivery.facts.webhookGone}</span>;
  return (
    <span title={withoutQuery(name.url)}>
      <Text>{shortName(name)}</Text>
    </span>
  );
}

export const shortName = ({ url, description }: { url: string; description: string }): string =>
  description === '' ? withoutQuery(url).replace(/^https?:\/\//, '') : description;

/** A query may hold a token of the receiver's. */
export const withoutQuery = (url: string): string => url.replace(/\?.*$/s, '');
