import { webhooks as texts } from '../../../texts/webhooks.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { SecretOnce } from '../secret-once.tsx';

/** A secret that was made just now. Only its button closes it: it comes never again. */
export function SecretDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog
      title={texts.secret.title}
      firm
      onClose={onClose}
      footer={
        <Button kind="primary" onClick={onClose}>
          {texts.secret.stored}
        </Button>
      }
    >
      <SecretOnce secret={secret} />
    </Dialog>
  );
}
