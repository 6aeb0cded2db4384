import { expect } from 'chai';
import { pino } from 'pino';
import { fromHttp } from '../../src/catalog/source.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { createDaemon } from '../../src/daemon.ts';
import type { Lifetime } from '../../src/lifetime.ts';
import { createEndpoint } from '../../src/store/endpoints.ts';
import { newSecret } from '../../src/store/secrets.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { catalogOf, databaseFor } from './running-relay.ts';

describe("a daemon with the application's own payloads", () => {
  let api: Receiver;
  let hooks: Receiver;
  let daemon: Lifetime;

  beforeEach(async () => {
    [api, hooks] = [await startReceiver(), await startReceiver()];
  });
  afterEach(async () => {
    await daemon.stop('abort');
    await Promise.all([api.close(), hooks.close()]);
  });

  it('delivers what the application answers, and ends although it answers no more', async () => {
    const url = api.url('/people/{id}');
    const catalog = catalogOf({ source: fromHttp({ url, timeoutMs: 60_000 }) });
    const db = await databaseFor(catalog);
    daemon = createDaemon({
      config: resolveConfig({ database: db.url, catalog, delivery: { allow: ['127.0.0.0/8'] } }),
      log: pino({ level: 'silent' }),
    });
    await daemon.start();
    await createEndpoint(db.pool, catalog, {
      url: hooks.url('/'),
      events: ['person_create'],
      secret: newSecret('standard'),
    });
    const told = '{"told": 9007199254740993}';
    api.answer(() => ({ body: told }));
    await db.query('insert into people (id) values (1)');
    await hooks.waitFor((all) => all.some(({ body }) => body.includes(told)));

    api.answer(() => ({ hang: true }));
    await db.query('insert into people (id) values (2)');
    await api.waitFor(2);
    const startedAt = performance.now();
    await daemon.stop('drain');
    expect(performance.now() - startedAt).to.be.below(5_000);
  });
});
