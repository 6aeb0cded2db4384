import { RowhookError } from '../errors.ts';
import { mostSimilar } from '../similar.ts';

/** Subscribes to every event, present and future. */
export const everyEvent = '*';

/**
 * The events an endpoint ends up with when these are asked for: each once, in their order; `*` replaces all others.
 * @param known names of the catalog's events
 * @throws RowhookError `event_unknown`, or `endpoint_invalid` for `ping` and for no events at all
 */
export function subscriptionOf(asked: readonly string[], known: readonly string[]): string[] {
  for (const [index, name] of asked.entries()) {
    const where = `events[${index}]`;
    if (name === 'ping') {
      throw new RowhookError(
        'endpoint_invalid',
        'nobody can subscribe to "ping": each new endpoint gets it, once',
        {
          where,
          fix: 'Leave it out.',
        },
      );
    }
    if (name !== everyEvent && !known.includes(name)) {
      const similar = mostSimilar(name, known);
      throw new RowhookError(
        'event_unknown',
        `unknown event "${name}"${similar ? `; did you mean "${similar}"?` : ''}`,
        {
          where,
          fix: `Use events of the catalog, or ${everyEvent} for all of them.`,
        },
      );
    }
  }
  if (asked.length === 0) {
    throw new RowhookError('endpoint_invalid', 'an endpoint needs at least one event', {
      where: 'events',
      fix: `Name events of the catalog, or ${everyEvent} for all of them.`,
    });
  }
  return asked.includes(everyEvent) ? [everyEvent] : [...new Set(asked)];
}
