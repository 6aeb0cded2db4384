import { z } from 'zod';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { dialectNamed } from './dialects.ts';
import { checkedSettings, settingsShape } from './endpoint-settings.ts';
import { parseEndpointUrl } from './endpoint-url.ts';
import { isSealed } from './secret-key.ts';
import { subscriptionOf } from './subscription.ts';

const text = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((value) => !value.includes('\0'), 'Invalid input: has a NUL character in it');

const shape = z.strictObject({
  url: text(2_000),
  events: z.array(z.string()),
  description: text(1_000).default(''),
  secret: text(1_000).min(1).nullable().default(null),
  active: z.boolean().default(true),
  dialect: z.string().nullable().default(null),
  ...settingsShape,
  tenant: text(1_000)
    .min(1)
    .refine((tenant) => tenant.trim() === tenant, 'Invalid input: has white space around it')
    .nullable()
    .optional(),
});

/**
 * What may be said of an endpoint. Without a secret its deliveries are not signed; without a dialect it has the catalog's. Where
 * the catalog has tenants, its tenant must be said: null is one that gets the events of all.
 */
export type EndpointInput = z.input<typeof shape>;
export type EndpointValues = Omit<z.output<typeof shape>, 'tenant'> & { readonly tenant: string | null };
/** What is to change; what is undefined stays, and so does the value of a header that is null. */
export type EndpointPatch = {
  readonly [Name in Exclude<keyof EndpointInput, 'headers'>]?: EndpointInput[Name] | undefined;
} & {
  readonly headers?: ReadonlyArray<readonly [name: string, value: string | null]> | null | undefined;
};

/** Whether records of this catalog belong to tenants that must not see each other's. */
export function hasTenants(catalog: Catalog): boolean {
  return Object.values(catalog.resources).some((resource) => resource.tenant !== undefined);
}

/**
 * Checks what an endpoint is to be, and completes it.
 * @param present what it has been so far: its events may stay though the catalog has them no more, its tenant must stay
 * @throws RowhookError `endpoint_invalid`, `event_unknown`, `config_invalid` (the dialect)
 */
export function endpointValues(
  catalog: Catalog,
  input: EndpointInput,
  present?: Pick<EndpointValues, 'events' | 'tenant'>,
): EndpointValues {
  const parsed = shape.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(
      issue?.message ?? 'invalid',
      issue?.path.join('.') ?? '',
      'Correct it; nothing was changed.',
    );
  }
  const values = parsed.data;
  const dialect = dialectNamed(values.dialect ?? catalog.dialect);
  const url = parseEndpointUrl(values.url);
  if ('problem' in url) {
    throw invalid(
      `the URL ${url.problem}`,
      'url',
      'Give an absolute URL like https://hooks.example.net/path.',
    );
  }
  if (dialect.requiresTls && url.url.protocol !== 'https:') {
    throw invalid(`the dialect "${dialect.name}" sends by https only`, 'url', 'Give an https URL.');
  }
  const secretProblem = dialect.secretProblem(values.secret);
  if (secretProblem) {
    throw invalid(
      `the secret of the dialect "${dialect.name}" ${secretProblem}`,
      'secret',
      'Have one made (--generate-secret, or newSecret(dialect) in code), or correct it.',
    );
  }
  if (values.secret !== null && isSealed(values.secret)) {
    throw invalid('the secret begins as sealed ones do', 'secret', 'Give the secret itself, or another one.');
  }
  const settings = checkedSettings(values, url.url);
  if ('message' in settings)
    throw invalid(settings.message, settings.where, 'Correct it; nothing was changed.');
  const known = [...Object.keys(catalog.events), ...(present?.events ?? [])];
  return {
    ...values,
    ...settings,
    events: subscriptionOf(values.events, known),
    tenant: present ? keptTenant(values.tenant, present) : newTenant(values.tenant, catalog),
  };
}

/**
 * The tenant that a new endpoint has. Left unsaid, one that somebody registers for one tenant would get the events of all.
 * @throws RowhookError `endpoint_invalid`
 */
export function newTenant(tenant: string | null | undefined, catalog: Catalog): string | null {
  if (hasTenants(catalog)) {
    if (tenant !== undefined) return tenant;
    throw invalid(
      'the catalog has tenants, and the endpoint does not say whose it is',
      'tenant',
      'Name its tenant (--tenant), or say null (--all-tenants) for one that gets the events of all.',
    );
  }
  if (tenant == null) return null;
  throw invalid('the catalog has no tenants', 'tenant', 'Leave the tenant out.');
}

/** The deliveries that it still is to get are those of the tenant that it has. */
function keptTenant(
  tenant: string | null | undefined,
  present: Pick<EndpointValues, 'tenant'>,
): string | null {
  if (tenant === undefined || tenant === present.tenant) return present.tenant;
  throw invalid(
    'an endpoint cannot go to another tenant',
    'tenant',
    'Delete it, and create one for the other tenant.',
  );
}

function invalid(message: string, where: string, fix: string): RowhookError {
  return new RowhookError('endpoint_invalid', message, { where, fix });
}
