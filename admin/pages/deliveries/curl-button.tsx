import { deliveries, delivery as texts } from '../../texts/deliveries.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/copy-button.tsx';
import { toast } from '../../ui/toast.tsx';
import { curlOf } from './curl.ts';
import type { ShownAttempt } from './shown-attempt.ts';

/** Copies an attempt's request as a command, and says what it lacks. */
export function CurlButton({ attempt }: { attempt: ShownAttempt }) {
  return (
    <Button small icon="copy" onClick={() => void copy(attempt)}>
      {texts.curl}
    </Button>
  );
}

async function copy(attempt: ShownAttempt): Promise<void> {
  const { command, hasHidden, lacksBody } = curlOf(attempt);
  if (!(await copyText(command))) {
    toast(deliveries.copyFailed, { kind: 'error' });
    return;
  }
  const words = lacksBody ? texts.curlNoBody : hasHidden ? texts.curlHidden : texts.curlCopied;
  toast(words, { kind: lacksBody || hasHidden ? 'info' : 'ok' });
}
