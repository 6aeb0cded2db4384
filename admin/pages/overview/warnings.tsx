import type { WarningView } from '../../../src/admin/shapes/overview.ts';
import { Link, pathTo } from '../../routes.tsx';
import { overviewWords as words } from '../../texts/overview.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { isCommand } from './command.ts';

const icons = { error: 'error', warning: 'warning', info: 'info' } as const;

/** What is not as it should be, each with what mends it. */
export function Warnings({ warnings }: { warnings: readonly WarningView[] }) {
  if (warnings.length === 0) return null;
  return (
    <section class="card warnings" aria-labelledby="warnings">
      <h2 id="warnings">{words.warnings}</h2>
      <ul>
        {warnings.map((warning) => (
          <li key={`${warning.code} ${warning.endpointId} ${warning.message}`} class={warning.severity}>
            <Icon name={icons[warning.severity]} />
            <div>
              <p>
                <span class="unseen">{words.severities[warning.severity]}: </span>
                <Text>{warning.message}</Text>
                {warning.since && (
                  <span class="dim">
                    {' '}
                    · {words.since} <Time at={warning.since} />
                  </span>
                )}
              </p>
              {warning.fix && <Fix fix={warning.fix} />}
            </div>
            {warning.endpointId && (
              <Link to={pathTo('webhook', { id: warning.endpointId })}>{words.openWebhook}</Link>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A command can be copied; other words are only read. */
function Fix({ fix }: { fix: string }) {
  if (!isCommand(fix)) return <p class="dim">{fix}</p>;
  return (
    <div class="fix">
      <pre>
        <Text>{fix}</Text>
      </pre>
      <CopyButton text={fix} label={words.copyFix} />
    </div>
  );
}
