import { useState } from 'preact/hooks';
import { navigate } from '../routes.tsx';
import { shell } from '../texts/shell.ts';
import { Dialog } from './dialog.tsx';
import { hotkeys, useHotkeys } from './hotkeys.ts';

const { keys } = shell;

/** The keys that work everywhere, and the list of all, which `?` opens. */
export function KeysHelp() {
  const [open, setOpen] = useState(false);
  useHotkeys([
    { keys: '?', words: keys.help, run: () => setOpen(true) },
    { keys: 'g o', words: keys.overview, run: () => navigate('/') },
    { keys: 'g w', words: keys.webhooks, run: () => navigate('/webhooks') },
    { keys: 'g d', words: keys.deliveries, run: () => navigate('/deliveries') },
    { keys: 'g e', words: keys.events, run: () => navigate('/events') },
    { keys: 'g b', words: keys.bulk, run: () => navigate('/bulk') },
    { keys: 'g a', words: keys.audit, run: () => navigate('/audit') },
  ]);
  if (!open) return null;
  return (
    <Dialog title={shell.keysTitle} onClose={() => setOpen(false)}>
      <dl class="keys">
        {hotkeys.value.map((key) => (
          <div key={key.keys}>
            <dt>
              {key.keys.split(' ').map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{key.words}</dd>
          </div>
        ))}
      </dl>
      <p class="dim">{shell.keysAlways}</p>
    </Dialog>
  );
}
