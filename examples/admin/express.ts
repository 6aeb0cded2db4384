import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import pg from 'pg';
// In an application these are: from 'rowhook', from 'rowhook/presets/site-stacker'
import { createAdmin, secretKeys } from '../../src/index.ts';
import { siteStacker } from '../../src/presets/site-stacker.ts';
import { createLogin, type Employee } from './login.ts';

/*
 * An Express application that shows the webhooks page to those who have signed in to it:
 *   DATABASE_URL=postgres://… npx tsx examples/admin/express.ts
 */

/** What the login of this application puts on a request. */
type WithEmployee = IncomingMessage & { employee?: Employee | undefined };

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
    authorize: (_request, incoming) => {
      const employee = (incoming as WithEmployee | undefined)?.employee;
      return employee
        ? { name: employee.name, role: employee.mayChangeWebhooks ? 'operator' : 'viewer' }
        : null;
    },
  });

  const app = express();
  app.use(express.json());
  app.use((request, _response, next) => {
    (request as WithEmployee).employee = login.employeeOf(request.headers.cookie);
    next();
  });
  app.post('/login', (request, response) => {
    const cookie = login.signIn(request.body?.name, request.body?.password);
    if (cookie === undefined) response.status(401).send('Wrong name or password.');
    else response.setHeader('set-cookie', cookie).send('Signed in.');
  });
  app.post('/logout', (request, response) => {
    login.signOut(request.headers.cookie);
    response.send('Signed out.');
  });
  app.get('/login', (_request, response) => {
    response.send('POST {"name", "password"} as JSON to /login.');
  });
  // Whoever opens the page without having signed in is sent to where that is done; its API says 401 by itself.
  app.get(['/webhooks-admin', '/webhooks-admin/*path'], (request, response, next) => {
    const isPage = !request.path.startsWith('/webhooks-admin/api/');
    if (isPage && !(request as WithEmployee).employee) response.redirect('/login');
    else next();
  });
  app.use(admin.node);
  app.use((_request, response) => {
    response.status(404).send('The application has nothing here.');
  });

  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      // Live views stay open until the page is told to end them.
      await admin.close();
      server.closeIdleConnections();
      await closed;
      await db.end();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startApplication({ databaseUrl: process.env.DATABASE_URL ?? '', port: 3000 });
  console.log(`POST to ${url}/login, then open ${url}/webhooks-admin`);
}
