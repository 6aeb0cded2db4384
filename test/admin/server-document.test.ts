import { z } from '@hono/zod-openapi';
import { expect } from 'chai';
import { createApi } from '../../src/admin/api/api.ts';
import type { AdminParts } from '../../src/admin/http/parts.ts';
import { createPlaces } from '../../src/admin/http/places.ts';
import { problem } from '../../src/admin/shapes/common.ts';
import { createGuard, parseAllowList } from '../../src/delivery/guard/guard.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createEndpoint } from '../../src/store/endpoints.ts';
import { plainSealer } from '../../src/store/sealer.ts';
import { queueDatabase, startDispatcher } from '../delivery/queue.ts';
import type { TestDatabase } from '../support/database.ts';
import { startReceiver } from '../support/receiver.ts';
import { adminOf } from './admin-kit.ts';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { description?: string; content?: Record<string, unknown> }>>;
}

const catalog = siteStacker();

describe('the OpenAPI document', () => {
  let db: TestDatabase;
  // biome-ignore lint/suspicious/noExplicitAny: a document is looked at from without
  let document: any;
  let operations: ReadonlyArray<readonly [name: string, operation: Operation]>;
  before(async () => {
    db = await queueDatabase();
    ({ body: document } = await adminOf(db, catalog, { basePath: '' }).ask('GET', '/openapi.json'));
    operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
      ([path, each]) =>
        Object.entries(each).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    );
  });
  after(() => db.drop());

  it('is one of OpenAPI 3.1 whose references all lead somewhere', () => {
    expect(document).to.include({ openapi: '3.1.0' });
    expect(document.info).to.include.keys('title', 'version', 'description');
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    expect(references.length).to.be.above(20);
    for (const reference of new Set(references)) {
      const found = reference.split('/').reduce((part, key) => part?.[key], document);
      expect(found, reference).to.be.an('object');
    }
  });

  it('names every operation once, and says what it is for', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const [name, { operationId, summary }] of operations) {
      expect(operationId, name).to.match(/^[a-z][A-Za-z0-9]+$/);
      expect(summary, name).to.match(/^[A-Z].*\.$/);
    }
  });

  it('names the parameters of each path, and what is required', () => {
    for (const [path, each] of Object.entries(
      document.paths as Record<
        string,
        Record<string, { parameters?: Array<{ in: string; name: string; required?: boolean }> }>
      >,
    )) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [] } of Object.values(each)) {
        const given = parameters.filter((parameter) => parameter.in === 'path');
        expect(
          given.map(({ name }) => name),
          path,
        ).to.deep.equal(named);
        expect(
          given.every(({ required }) => required === true),
          path,
        ).to.equal(true);
      }
    }
  });

  it('says of each operation who may do it, and how it fails', () => {
    expect(Object.keys(document.components.securitySchemes)).to.deep.equal(['session', 'bearer']);
    expect(document.security).to.deep.equal([{ session: [] }, { bearer: [] }]);
    for (const [name, { security, responses }] of operations) {
      expect(security, name).to.deep.equal(name === 'post /session' ? [] : undefined);
      expect(Object.keys(responses), name).to.include.members(['400', '401', '403', '429', '500', '503']);
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description, `${name} ${status}`).to.match(/\S/);
        if (Number(status) >= 400) {
          expect(Object.keys(content ?? {}), `${name} ${status}`).to.deep.equal(['application/problem+json']);
        }
      }
    }
  });

  it('tells the truth: every route that reads answers as its schema says, and nothing besides', async () => {
    const receiver = await startReceiver();
    const { dispatcher } = await startDispatcher(db);
    try {
      const endpoint = await createEndpoint(db.pool, catalog, {
        url: receiver.url('/hook'),
        events: ['*'],
        secret: 'k3y',
        headers: [['X-Key', 'v']],
      });
      await receiver.waitFor(1);
      const { api, answer } = createApi(
        parts(),
        {
          by: 'application',
          identify: async () => ({ user: { name: 'a', role: 'operator' }, by: 'ambient' }),
        },
        { basePath: '', publicUrl: undefined },
      );
      await dispatcher.stop();
      const { rows } = await db.query<{ id: string; event_id: string }>(
        'select id, event_id from rowhook.delivery union all select delivery_id, event_id from rowhook.attempt',
      );
      const ask = async (method: string, path: string, body?: object) =>
        answer({
          request: new Request(`http://x.test/api/v1${path}`, {
            method,
            headers: { 'x-rowhook': '1', 'content-type': 'application/json' },
            ...(body ? { body: JSON.stringify(body) } : {}),
          }),
          incoming: undefined,
          address: '',
        });
      const scope = { endpointId: endpoint.id, since: '2020-01-01T00:00:00Z' };
      const job = (await (await ask('POST', '/bulk-jobs', scope)).json()) as { id: string };
      const ids: Record<string, string> = {
        '/endpoints/{id}': endpoint.id,
        '/endpoints/{id}/held': endpoint.id,
        '/deliveries/{id}': rows[0]!.id,
        '/events/{id}': rows[0]!.event_id,
        '/bulk-jobs/{id}': job.id,
        '/records/{record}/story': 'person:412',
      };
      let looked = 0;
      for (const each of api.openAPIRegistry.definitions) {
        if (each.type !== 'route' || each.route.method !== 'get' || each.route.path === '/live') continue;
        const { path } = each.route;
        const query = path.endsWith('/story') ? '?since=2020-01-01T00:00:00Z' : '';
        const response = await ask('GET', path.replace(/\{\w+\}/, ids[path] ?? '?') + query);
        const body = await response.json();
        expect(response.status, `${path}: ${JSON.stringify(body)}`).to.equal(200);
        const content = each.route.responses[200] as unknown as {
          content: Record<string, { schema: z.ZodType }>;
        };
        expect(body, path).to.deep.equal(content.content['application/json']?.schema.parse(body));
        looked += 1;
      }
      expect(looked).to.be.above(12);
      const none = await ask('GET', '/endpoints/999');
      const told = await none.json();
      expect([none.status, told]).to.deep.equal([404, z.strictObject(problem.shape).parse(told)]);
    } finally {
      await dispatcher.stop();
      await receiver.close();
    }
  });

  function parts(): AdminParts {
    const allow = parseAllowList(['127.0.0.1']);
    return {
      db: db.pool,
      catalog,
      sealer: plainSealer,
      allow,
      guard: createGuard(allow),
      log: { debug() {}, info() {}, warn() {}, error() {} },
      drifts: async () => [],
      livePlaces: createPlaces(1),
      closing: new AbortController().signal,
      version: '0',
      now: () => new Date(),
    };
  }
});
