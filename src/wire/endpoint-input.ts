import { z } from 'zod';
import type { Catalog } from '../catalog/types.ts';
import { RowhookError } from '../errors.ts';
import { dialectNamed } from './dialects.ts';
import { parseEndpointUrl } from './endpoint-url.ts';
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
});

/** What may be said of an endpoint. Without a secret its deliveries are not signed; without a dialect it has the catalog's. */
export type EndpointInput = z.input<typeof shape>;
export type EndpointValues = z.output<typeof shape>;
/** What is to change; what is undefined stays. */
export type EndpointPatch = { readonly [Name in keyof EndpointInput]?: EndpointInput[Name] | undefined };

/**
 * Checks what an endpoint is to be, and completes it.
 * @param alsoKnown event names that may stay though the catalog has them no more
 * @throws RowhookError `endpoint_invalid`, `event_unknown`, `config_invalid` (the dialect)
 */
export function endpointValues(
  catalog: Catalog,
  input: EndpointInput,
  alsoKnown: readonly string[] = [],
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
  return { ...values, events: subscriptionOf(values.events, [...Object.keys(catalog.events), ...alsoKnown]) };
}

function invalid(message: string, where: string, fix: string): RowhookError {
  return new RowhookError('endpoint_invalid', message, { where, fix });
}
