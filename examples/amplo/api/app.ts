import { type Context, Hono } from 'hono';
import { DatabaseError } from 'pg';
import { type RunningApi, serveApi } from '../../serve.ts';
import { inTransaction, openPool, type PlatformDatabase, type Query } from './database.ts';
import { campaignDocument, type Document, donationDocument } from './documents.ts';
import { change, create, existing, type Kind, Refused, remove } from './writes.ts';

export type RunningPlatform = RunningApi;

const documents = { campaigns: campaignDocument, donations: donationDocument } as const;

/** The API of the reference giving day platform: single campaigns and donations, to be read and written. */
export function createPlatformApi(options: PlatformDatabase): Hono {
  const pool = openPool(options);
  const within = <T>(work: (query: Query) => Promise<T>) => inTransaction(pool, work);
  const app = new Hono();
  app.notFound((c) => c.json({ message: 'Not found.' }, 404));
  app.onError((error, c) => answerError(error, c));

  for (const kind of ['campaigns', 'donations'] as const) {
    const all = `/api/${kind}`;
    const one = `${all}/:id`;
    app.get(one, async (c) => c.json(await within((query) => read(query, kind, idOf(c)))));
    app.post(all, async (c) => {
      const input = await jsonOf(c);
      const document = await within(async (query) => read(query, kind, await create(query, kind, input)));
      return c.json(document, 201);
    });
    app.patch(one, async (c) => {
      const [id, input] = [idOf(c), await jsonOf(c)];
      return c.json(
        await within(async (query) => {
          await change(query, kind, id, input);
          return read(query, kind, id);
        }),
      );
    });
    app.delete(one, async (c) => {
      await within((query) => remove(query, kind, idOf(c)));
      return c.body(null, 204);
    });
  }
  return app;
}

/** Serves the API on the loopback interface; port 0 takes a free one. */
export async function startPlatformApi(
  options: PlatformDatabase & { port?: number },
): Promise<RunningPlatform> {
  const pool = openPool(options);
  return serveApi(createPlatformApi({ pool }).fetch, options.port ?? 0, async () => {
    if (pool !== options.pool) await pool.end();
  });
}

const idOf = (c: Context): string => c.req.param('id') ?? '';

async function read(query: Query, kind: Kind, id: string): Promise<Document> {
  return documents[kind](await existing(query, kind, id));
}

async function jsonOf(c: Context): Promise<unknown> {
  return c.req.json().catch(() => {
    throw new Refused(400, 'The body is not JSON.');
  });
}

function answerError(error: Error, c: Context): Response {
  if (error instanceof Refused) return c.json({ message: error.message }, error.status);
  // Classes 22 and 23: a value that its column cannot hold, or a rule of the schema that the change would break.
  if (error instanceof DatabaseError && /^2[23]/.test(error.code ?? '')) {
    return c.json({ message: [error.message, error.detail].filter(Boolean).join(': ') }, 400);
  }
  console.error(error);
  return c.json({ message: 'The application failed.' }, 500);
}
