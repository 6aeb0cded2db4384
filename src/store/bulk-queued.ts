/** A bulk job adds to what an endpoint is to be sent again until so many are queued: redelivering must not outrun sending. */
export const mostQueued = 2_000;

/**
 * How many of an endpoint's redeliveries are due or behind others of their record, as a subselect: counted up to `mostQueued`, so that
 * a backlog costs no more (invariant 8).
 * @param endpoint its id, as SQL
 */
export const queuedText = (endpoint: string): string => `
select count(*)::int
  from ((select from rowhook.delivery where lane = 2 and endpoint_id = ${endpoint} limit ${mostQueued})
        union all
        (select from rowhook.delivery_behind where endpoint_id = ${endpoint} limit ${mostQueued})) as queued`;
