import type { FunctionSource, HttpSource, RecordKey } from '../catalog/source.ts';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { exclusionOf } from './exclusion.ts';
import type { Unshown } from './failure.ts';
import { functionSource } from './function.ts';
import { httpSource } from './http.ts';
import type { Room } from './room.ts';
import { keyNamesServer } from './url.ts';

export interface SourcesOptions {
  readonly catalog: Catalog;
  /** What a function of the application may take, in ms. Default: 60,000. */
  readonly functionTimeoutMs?: number;
}

/** What the relay asks for payloads: see PayloadSource there. */
interface Asked {
  /**
   * JSON texts in the order of the keys, undefined where there is no such record; where a record fails and others do not, why.
   * Rejects with RowhookError `source_failed` or `source_invalid`, with the signal's reason, or as the room does.
   */
  fetch(
    keys: readonly RecordKey[],
    signal: AbortSignal,
    room: Room,
  ): Promise<ReadonlyArray<string | Unshown | undefined>>;
  /** Ends its connections. */
  close?(): void;
}

export interface Sources {
  /** By name of the resource; those whose payloads the database makes have none. */
  readonly sources: ReadonlyMap<string, Asked>;
  close(): void;
}

const defaultFunctionMs = 60_000;

/**
 * Where a catalog's payloads come from, but for those from the database.
 * @throws RowhookError `catalog_invalid` where a key would say which server is asked
 */
export function createSources({ catalog, functionTimeoutMs = defaultFunctionMs }: SourcesOptions): Sources {
  const sources = new Map(
    Object.entries(catalog.resources).flatMap(([name, { source }]) =>
      source ? [[name, created(name, source)] as const] : [],
    ),
  );
  return {
    sources,
    close() {
      for (const source of sources.values()) source.close?.();
    },
  };

  function created(resourceName: string, source: HttpSource | FunctionSource): Asked {
    const exclude = exclusionOf(resourceName, catalog);
    if (source.kind === 'function') {
      return functionSource({ resourceName, source, exclude, timeoutMs: functionTimeoutMs });
    }
    if (keyNamesServer(source.url)) {
      throw new RowhookError(
        'catalog_invalid',
        `resources.${resourceName}.source.url: a column of the key stands before the path, and would say which server is asked`,
        { where: `resources.${resourceName}.source.url`, fix: 'Put it into the path or the query.' },
      );
    }
    return httpSource({ resourceName, source, exclude });
  }
}
