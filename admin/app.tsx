import { useEffect, useErrorBoundary } from 'preact/hooks';
import { onTokenLink, openSession, session } from './data/session.ts';
import { pageOf } from './pages/pages.tsx';
import { SignInPage } from './pages/sign-in/sign-in.tsx';
import { useRoute } from './routes.tsx';
import { shell } from './texts/shell.ts';
import { Button } from './ui/button.tsx';
import { ConfirmLayer } from './ui/confirm.tsx';
import { EmptyState } from './ui/empty-state.tsx';
import { listenForHotkeys } from './ui/hotkeys.ts';
import { KeysHelp } from './ui/keys-help.tsx';
import { LiveNotice } from './ui/live-notice.tsx';
import { Navigation } from './ui/navigation.tsx';
import { ToastLayer, toastProblem } from './ui/toast.tsx';

/** Everything: the sign-in, or the navigation with a page. */
export function App() {
  useEffect(listenForHotkeys, []);
  useEffect(() => onTokenLink(() => void openSession().catch(toastProblem)), []);
  return (
    <>
      {session.value ? <SignedIn /> : <SignInPage />}
      <ConfirmLayer />
      <ToastLayer />
    </>
  );
}

function SignedIn() {
  return (
    <div class="app">
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        {shell.skip}
      </button>
      <Navigation />
      <main id="content" tabIndex={-1}>
        <LiveNotice />
        <Shown />
      </main>
      <KeysHelp />
    </div>
  );
}

/** The page of the address. One that fails takes only itself along. */
function Shown() {
  const route = useRoute();
  const [error, again] = useErrorBoundary((fault: unknown) => reportError(fault));
  useEffect(again, [route.page]);
  if (error) {
    return (
      <EmptyState
        title={shell.brokenTitle}
        icon="error"
        actions={<Button onClick={() => location.reload()}>{shell.reload}</Button>}
      >
        {shell.brokenWords}
      </EmptyState>
    );
  }
  return pageOf(route);
}
