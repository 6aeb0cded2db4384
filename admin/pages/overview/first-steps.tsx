import { navigate, pathTo } from '../../routes.tsx';
import { overviewWords as words } from '../../texts/overview.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';

/** What a fresh installation shows: nobody is registered yet. */
export function FirstSteps() {
  return (
    <EmptyState
      title={words.freshTitle}
      icon="webhook"
      actions={
        <Button kind="primary" icon="plus" operator onClick={() => navigate(pathTo('newWebhook'))}>
          {words.freshAction}
        </Button>
      }
    >
      <p>{words.freshWords}</p>
      <ol class="first-steps">
        {words.freshSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </EmptyState>
  );
}
