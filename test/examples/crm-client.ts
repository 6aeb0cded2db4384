import type { Hono } from 'hono';
import { createCrmApi } from '../../examples/site-stacker/api/app.ts';
import { siteStackerDatabase } from '../fixtures/site-stacker.ts';
import type { TestDatabase } from '../support/database.ts';

/** A body, or a part of one, as far as tests look into it. */
export interface Found {
  [key: string]: Found;
}

export interface CrmClient {
  database: TestDatabase;
  api: Hono;
  /** Sends a request and returns the status and the body, undefined where there is none. */
  call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; body: Found }>;
}

/** The reference CRM on a database of its own. */
export async function crmClient(): Promise<CrmClient> {
  const database = await siteStackerDatabase();
  const api = createCrmApi({ pool: database.pool });
  return {
    database,
    api,
    async call(method, path, body, headers = {}) {
      const request: RequestInit = { method, headers };
      if (body !== undefined) request.body = typeof body === 'string' ? body : JSON.stringify(body);
      const response = await api.request(path, request);
      const text = await response.text();
      return { status: response.status, body: text ? JSON.parse(text) : undefined };
    },
  };
}
