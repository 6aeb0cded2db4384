import { fileURLToPath } from 'node:url';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import pg from 'pg';
// In an application these are: from 'rowhook', from 'rowhook/presets/site-stacker'
import { createAdmin, secretKeys } from '../../src/index.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createLogin } from './login.ts';

/*
 * A Fastify application that shows the webhooks page to those who have signed in to it:
 *   DATABASE_URL=postgres://… npx tsx examples/admin/fastify.ts
 */

export async function startApplication({ databaseUrl, port = 0 }: { databaseUrl: string; port?: number }) {
  const db = new pg.Pool({ connectionString: databaseUrl });
  // Unheard, the loss of an idle connection would end the process; the pool makes another.
  db.on('error', () => {});
  const login = createLogin();
  const admin = createAdmin({
    db,
    catalog: siteStacker(),
    basePath: '/webhooks-admin',
    secretKeys: secretKeys(process.env.ROWHOOK_SECRET_KEYS),
    authorize: (request) => {
      const employee = login.employeeOf(request.headers.get('cookie') ?? undefined);
      return employee
        ? { name: employee.name, role: employee.mayChangeWebhooks ? 'operator' : 'viewer' }
        : null;
    },
  });

  const app = Fastify();
  app.post<{ Body: { name?: unknown; password?: unknown } | null }>('/login', (request, reply) => {
    const cookie = login.signIn(request.body?.name, request.body?.password);
    if (cookie === undefined) return reply.code(401).send('Wrong name or password.');
    return reply.header('set-cookie', cookie).send('Signed in.');
  });
  app.post('/logout', (request, reply) => {
    login.signOut(request.headers.cookie);
    return reply.send('Signed out.');
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('The application has nothing here.'));

  await app.register(async (scope) => {
    // The page reads its bodies itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const show = (request: FastifyRequest, reply: FastifyReply) => {
      reply.hijack();
      admin.node(request.raw, reply.raw);
    };
    scope.all('/webhooks-admin', show);
    scope.all('/webhooks-admin/*', show);
  });
  // Before the server waits for its connections: live views stay open until the page is told to end them.
  app.addHook('preClose', () => admin.close());
  app.addHook('onClose', () => db.end());

  return { url: await app.listen({ port, host: '127.0.0.1' }), close: () => app.close() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startApplication({ databaseUrl: process.env.DATABASE_URL ?? '', port: 3000 });
  console.log(`POST to ${url}/login, then open ${url}/webhooks-admin`);
}
