import { useEffect, useState } from 'preact/hooks';
import { ApiProblem } from '../../data/api.ts';
import { now } from '../../data/clock.ts';
import { expired, linkRefused, openSession, session, signIn } from '../../data/session.ts';
import { shell } from '../../texts/shell.ts';
import { signInWords } from '../../texts/sign-in.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Field } from '../../ui/field.tsx';
import { Note } from '../../ui/note.tsx';
import { TextInput } from '../../ui/text-input.tsx';

/** Asks for a token, unless there is a session already. What one wanted to see comes after that, since the address stays. */
export function SignInPage() {
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const open = () => {
    setProblem(null);
    openSession().catch((error: unknown) => {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    });
  };
  useEffect(() => {
    document.title = shell.windowTitle(signInWords.title);
    if (session.peek() === undefined) open();
  }, []);
  return (
    <main class="sign-in">
      <p class="brand">{shell.product}</p>
      {problem ? (
        <ErrorNote problem={problem} onRetry={open} />
      ) : session.value === undefined ? (
        <p class="dim">{shell.loading}</p>
      ) : (
        <SignInForm />
      )}
    </main>
  );
}

function SignInForm() {
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [until, setUntil] = useState(0);
  const wait = Math.ceil((until - now.value) / 1_000);
  const send = async () => {
    if (busy || wait > 0 || token.trim() === '') return;
    setBusy(true);
    setProblem(null);
    try {
      await signIn(token.trim());
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      if (error.retryAfterSeconds) setUntil(Date.now() + error.retryAfterSeconds * 1_000);
    } finally {
      setBusy(false);
    }
  };
  const words = wait > 0 ? signInWords.wait(wait) : (problem?.problem.detail ?? null);
  return (
    <form
      class="sign-in-box"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h1>{signInWords.title}</h1>
      {linkRefused.value ? (
        <Note tone="warn">{signInWords.linkRefused}</Note>
      ) : (
        expired.value && <Note>{signInWords.expired}</Note>
      )}
      <Field label={signInWords.token} hint={signInWords.hint} error={words}>
        {(control) => (
          <TextInput
            {...control}
            type="password"
            autocomplete="current-password"
            mono
            autoFocus
            value={token}
            onInput={setToken}
          />
        )}
      </Field>
      <Button
        kind="primary"
        type="submit"
        busy={busy}
        why={wait > 0 ? signInWords.wait(wait) : token.trim() === '' ? signInWords.missing : null}
      >
        {signInWords.action}
      </Button>
    </form>
  );
}
