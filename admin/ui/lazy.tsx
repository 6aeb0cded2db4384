import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { shell } from '../texts/shell.ts';
import { Button } from './button.tsx';
import { Note } from './note.tsx';
import { Skeleton } from './skeleton.tsx';

/**
 * A component whose code is loaded when it is first needed. When it cannot be loaded (rowhook was updated meanwhile, and the file has another
 * name now) the page has to be loaded anew.
 */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  height = '24rem',
): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [Part, setPart] = useState<ComponentType<Props> | 'failed' | undefined>(() => loaded);
    useEffect(() => {
      if (Part !== undefined) return;
      let gone = false;
      load().then(
        (part) => {
          loaded = part;
          if (!gone) setPart(() => part);
        },
        (error: unknown) => {
          if (!gone) setPart('failed');
          // A file that cannot be had is a TypeError; whatever else fails as it runs is our own fault.
          if (!(error instanceof TypeError)) throw error;
        },
      );
      return () => {
        gone = true;
      };
    }, [Part]);
    if (Part === undefined) return <Skeleton height={height} />;
    if (Part === 'failed') {
      return (
        <Note tone="warn" actions={<Button onClick={() => location.reload()}>{shell.reload}</Button>}>
          <p>{shell.outdated}</p>
        </Note>
      );
    }
    return <Part {...props} />;
  };
}
