import type { AttemptView } from '../../../src/admin/shapes/delivery.ts';
import { delivery as texts } from '../../texts/deliveries.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Text } from '../../ui/text.tsx';

/** Headers in the order of the wire, also where a name is there twice. */
export function Headers({ headers }: { headers: AttemptView['requestHeaders'] }) {
  if (headers.length === 0) return <p class="dim">{texts.noHeaders}</p>;
  return (
    <div class="headers">
      <CopyButton
        text={() => headers.map(([name, value]) => `${name}: ${value}`).join('\n')}
        label={texts.copyHeaders}
      />
      <details open>
        <summary>{texts.headers(headers.length)}</summary>
        <dl>
          {headers.map(([name, value], index) => (
            <div key={index}>
              <dt>
                <Text mono>{name}</Text>
              </dt>
              <dd>
                <Text mono>{value}</Text>
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
