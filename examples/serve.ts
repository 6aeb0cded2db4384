import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';

export interface RunningApi {
  url: string;
  close: () => Promise<void>;
}

/**
 * Serves an API on the loopback interface.
 * @param port 0 takes a free one
 * @param release gives back what the API holds: once it is closed, or where it cannot be served
 */
export async function serveApi(
  fetch: Hono['fetch'],
  port: number,
  release: () => Promise<void>,
): Promise<RunningApi> {
  const { server, port: taken } = await listen(fetch, port).catch(async (error: Error) => {
    await release();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${taken}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      // A client's idle keep-alive connection would hold the server open.
      server.closeIdleConnections();
      await closed;
      await release();
    },
  };
}

function listen(fetch: Hono['fetch'], port: number): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1' }, (info) =>
      resolve({ server: server as Server, port: info.port }),
    );
    server.once('error', reject);
  });
}
