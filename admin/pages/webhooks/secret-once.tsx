import { useId } from 'preact/hooks';
import { webhooks as texts } from '../../texts/webhooks.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Note } from '../../ui/note.tsx';

/** A secret, this one time, with a way to copy it. */
export function SecretOnce({ secret }: { secret: string }) {
  const id = useId();
  return (
    <div class="secret-once">
      <label for={id}>{texts.secret.label}</label>
      <div class="secret-row">
        <input
          id={id}
          class="input mono"
          readOnly
          value={secret}
          size={secret.length}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton text={secret} label={texts.secret.copy} words />
      </div>
      <Note tone="warn">{texts.secret.once}</Note>
    </div>
  );
}
