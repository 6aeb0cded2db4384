import { type Context, Hono } from 'hono';
import { DatabaseError } from 'pg';
import { type RunningApi, serveApi } from '../../serve.ts';
import { type CrmDatabase, inTransaction, openPool, type Session, type TimestampForm } from './database.ts';
import { type Resource, resources } from './resources.ts';
import { setScheduleActive } from './writes/giving.ts';
import { links } from './writes/links.ts';
import { Refused } from './writes/writer.ts';

export interface CrmOptions extends CrmDatabase {
  /** How bodies show timestamps: ISO 8601 in UTC (default), or the older `YYYY-MM-DD HH:MM:SS`. */
  timestampForm?: TimestampForm;
}

export type RunningCrm = RunningApi;

/** The API of the reference CRM: GET of every resource, and the writes of the main ones. */
export function createCrmApi(options: CrmOptions): Hono {
  const pool = openPool(options);
  const form = options.timestampForm ?? 'iso';
  const read = <T>(work: (db: Session) => Promise<T>) =>
    inTransaction(pool, form, 'read only', undefined, work);
  const write = <T>(c: Context, work: (db: Session) => Promise<T>) =>
    inTransaction(pool, form, 'read write', c.req.header('Request-Id'), work);

  const app = new Hono();
  app.notFound((c) => c.json({ message: 'Not found.' }, 404));
  app.onError((error, c) => answerError(error, c));

  for (const resource of resources) {
    const { create, change, remove } = resource.write;
    const all = `/api/${resource.path}`;
    const one = `${all}/:id`;

    app.get(one, async (c) => c.json(await read((db) => existing(db, resource, idOf(c)))));
    if (create) {
      app.post(all, async (c) => {
        const input = await jsonOf(c);
        return c.json(await write(c, async (db) => resource.body(db, await create(db, input))), 201);
      });
    }
    if (change) {
      app.patch(one, async (c) => {
        const [id, input] = [idOf(c), await jsonOf(c)];
        return c.json(
          await write(c, async (db) => {
            await existing(db, resource, id);
            await change(db, id, input);
            return resource.body(db, id);
          }),
        );
      });
    }
    if (remove) {
      app.delete(one, async (c) => {
        const id = idOf(c);
        await write(c, async (db) => {
          await existing(db, resource, id);
          await remove(db, id);
        });
        return c.body(null, 204);
      });
    }
  }

  const recurring = resources.find(({ path }) => path === 'recurrings')!;
  for (const [action, active] of [
    ['cancel', false],
    ['reactivate', true],
  ] as const) {
    app.post(`/api/recurrings/:id/${action}`, async (c) => {
      const id = idOf(c);
      return c.json(
        await write(c, async (db) => {
          await existing(db, recurring, id);
          await setScheduleActive(db, id, active);
          return recurring.body(db, id);
        }),
      );
    });
  }

  for (const { path, put, remove } of links) {
    app.put(path, async (c) => {
      await write(c, (db) => put(db, c.req.param()));
      return c.body(null, 204);
    });
    app.delete(path, async (c) => {
      await write(c, (db) => remove(db, c.req.param()));
      return c.body(null, 204);
    });
  }
  return app;
}

/** Serves the API on the loopback interface; port 0 takes a free one. */
export async function startCrmApi(options: CrmOptions & { port?: number }): Promise<RunningCrm> {
  const pool = openPool(options);
  return serveApi(createCrmApi({ ...options, pool }).fetch, options.port ?? 0, async () => {
    if (pool !== options.pool) await pool.end();
  });
}

const idOf = (c: Context): string => c.req.param('id') ?? '';

async function existing(db: Session, resource: Resource, id: string) {
  const body = /^[1-9]\d{0,17}$/.test(id) ? await resource.body(db, id) : null;
  if (!body) throw new Refused(404, `There is no ${resource.path} ${id}.`);
  return body;
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
