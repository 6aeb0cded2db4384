import { expect } from 'chai';
import pg from 'pg';
import { type Running, startSystem } from './running.ts';

type Query = (this: pg.Client, ...given: unknown[]) => unknown;
const original = pg.Client.prototype.query as Query;
const changes = 20;

describe('the ring of a relay for dispatchers', () => {
  let running: Running;
  afterEach(async () => {
    pg.Client.prototype.query = original as typeof pg.Client.prototype.query;
    await running?.stop();
  });

  it('is not heard by its own daemon, which knows already: it claims once, not twice', async () => {
    // Nothing but a ring, or the relay, makes it claim.
    running = await startSystem({ events: ['tag_update'], pollMs: 3_600_000 });
    let claims = 0;
    pg.Client.prototype.query = function (...given) {
      const [statement] = given as [string | { name?: string }];
      if (typeof statement === 'object' && statement.name?.startsWith('rowhook claim')) claims += 1;
      return original.apply(this, given);
    } as Query as typeof pg.Client.prototype.query;
    for (let n = 1; n <= changes; n += 1) {
      await running.db.query(`update tags set name = 'a' || $1::text where id = 29`, [n]);
      await running.receiver.waitFor(() => running.arrivals().length === n);
    }
    // Now and then a claim that took long is followed by another; each heard ring would make it twice as many.
    expect(claims)
      .to.be.at.least(changes)
      .and.below(2 * changes);
  });

  it('of another one is heard, and wakes the dispatcher', async () => {
    running = await startSystem({ events: ['tag_update'], pollMs: 3_600_000 });
    await running.db.query(`
      with made as (
        insert into rowhook.event (id, name, resource, record_key, payload, delivery_count, changed_at)
        values ('01890000-0000-7000-8000-000000000000', 'tag_update', 'tag', '29', '{}', 1, now()) returning id
      ), owed as (
        insert into rowhook.delivery (endpoint_id, id, event_id, slot)
        select endpoint.id, made.id, made.id, 0 from made, rowhook.endpoint
      )
      select pg_notify('rowhook_delivery', pg_backend_pid()::text)`);
    await running.arrival('tag_update');
  });
});
