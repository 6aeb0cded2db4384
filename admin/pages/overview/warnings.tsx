import { useState } from 'preact/hooks';
import type { WarningView } from '../../../src/admin/shapes/overview.ts';
import { Link, pathTo } from '../../routes.tsx';
import { overviewWords as words } from '../../texts/overview.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Text } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { Words } from '../deliveries/story-view.tsx';
import { isCommand } from './command.ts';

/** More would push the figures out of sight; the worst come first. */
const shownMost = 4;

const icons = { error: 'error', warning: 'warning', info: 'info' } as const;

/** What is not as it should be, each with what mends it. */
export function Warnings({ warnings }: { warnings: readonly WarningView[] }) {
  const [all, setAll] = useState(false);
  if (warnings.length === 0) return null;
  return (
    <section class="card warnings" aria-labelledby="warnings">
      <h2 id="warnings">{words.warnings}</h2>
      <ul>
        {(all ? warnings : warnings.slice(0, shownMost)).map((warning) => (
          <li key={`${warning.code} ${warning.endpointId} ${warning.message}`} class={warning.severity}>
            <Icon name={icons[warning.severity]} />
            <div>
              <p>
                <span class="unseen">{words.severities[warning.severity]}: </span>
                <Words>{warning.message}</Words>
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
      {warnings.length > shownMost && (
        <Button small expanded={all} onClick={() => setAll(!all)}>
          {all ? words.fewerWarnings : words.allWarnings(warnings.length)}
        </Button>
      )}
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
