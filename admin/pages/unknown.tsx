import { Link } from '../routes.tsx';
import { shell } from '../texts/shell.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';

/** An address that leads nowhere. */
export function UnknownPage() {
  return (
    <Page title={shell.unknownTitle}>
      <EmptyState title={shell.unknownWords} actions={<Link to="/">{shell.unknownBack}</Link>} />
    </Page>
  );
}
