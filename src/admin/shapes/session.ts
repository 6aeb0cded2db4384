import { z } from '@hono/zod-openapi';

export const role = z.enum(['viewer', 'operator']);
export const session = z
  .object({
    user: z.object({ name: z.string(), role }),
    /** `token`: signed in here, and can sign out; `application`: the application that mounts the page knows who it is. */
    signedInBy: z.enum(['token', 'application']),
    version: z.string(),
    catalog: z.string(),
  })
  .openapi('Session');
export const signIn = z.strictObject({ token: z.string().min(1).max(500) }).openapi('SignIn');

/** What can be subscribed to, and how. */
export const catalog = z
  .object({
    name: z.string(),
    dialect: z.string(),
    dialects: z.array(
      z.object({
        name: z.string(),
        requiresTls: z.boolean(),
        requiresSecret: z.boolean(),
        /** An old secret signs beside a new one for a while. */
        overlapsSecrets: z.boolean(),
        /** A new endpoint gets a ping, and may be sent one by hand. */
        hasPing: z.boolean(),
        schedule: z
          .array(z.int())
          .openapi({ description: 'Milliseconds from each failed attempt to the next.' }),
      }),
    ),
    /** An endpoint must say whose events it gets. */
    hasTenants: z.boolean(),
    resources: z.array(z.object({ name: z.string(), events: z.array(z.string()) })),
  })
  .openapi('Catalog');

export type Role = z.infer<typeof role>;
export type SessionView = z.infer<typeof session>;
export type CatalogView = z.infer<typeof catalog>;
