import { expect } from 'chai';
import { redeliver, showDelivery } from '../../src/index.ts';
import type { Answer, ReceivedRequest } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { header, type Running, startSystem } from './running.ts';

describe('a delivery that fails', () => {
  let running: Running;
  beforeEach(async () => {
    running = await startSystem({ events: ['tag_update'] });
  });
  afterEach(() => running?.stop());

  const deliveryId = (request: ReceivedRequest) => header(request, 'SiteStacker-Delivery')!;

  /** Brings the waiting delivery's minute to its end. */
  async function minuteIsOver(attempts: number): Promise<void> {
    await waitUntil(
      async () =>
        (
          await running.db.query(
            `update rowhook.delivery_waiting set due_at = now()
             where attempts = $1 and due_at between now() + interval '50 s' and now() + interval '60 s'`,
            [attempts],
          )
        ).rowCount === 1,
      { what: `attempt ${attempts} to be followed by a minute's wait` },
    );
  }

  const failures: Record<string, [Answer, string]> = {
    'a 500': [{ status: 500, body: 'down' }, 'http_500'],
    'a redirect': [{ status: 302, headers: { location: '/elsewhere' } }, 'redirect'],
    'a closed connection': [{ destroy: true }, 'connection_reset'],
  };
  for (const [what, [answer, reason]] of Object.entries(failures)) {
    it(`by ${what} is sent again after a minute: same bytes, same id, both attempts in the log`, async () => {
      running.receiver.answer(() => answer);
      await running.db.query(`update tags set name = 'Ocean' where id = 29`);
      const first = await running.arrival('tag_update');
      await minuteIsOver(1);
      running.receiver.answer(() => ({ status: 204 }));
      await running.receiver.waitFor(3);
      const [, second] = running.arrivals();
      expect(deliveryId(second!)).to.equal(deliveryId(first));
      expect(second!.body.equals(first.body)).to.equal(true);
      expect(header(second!, 'SiteStacker-Signature')).to.equal(header(first, 'SiteStacker-Signature'));
      const detail = await waitUntil(
        async () => {
          const shown = await showDelivery(running.db.pool, deliveryId(first));
          return shown.state === 'succeeded' && shown;
        },
        { what: 'the second attempt to be recorded' },
      );
      expect(detail.attempts.map((attempt) => [attempt.number, attempt.reason])).to.eql([
        [1, reason],
        [2, 'success'],
      ]);
      expect(running.receiver.requests.some((request) => request.path === '/elsewhere')).to.equal(false);
    });
  }

  it('is exhausted after eleven attempts, and can be sent again by hand', async () => {
    running.receiver.answer(() => ({ status: 503, body: 'try later' }));
    await running.db.query(`update tags set name = 'Ocean' where id = 29`);
    const first = await running.arrival('tag_update');
    for (let attempts = 1; attempts <= 10; attempts++) await minuteIsOver(attempts);
    const exhausted = await waitUntil(
      async () => {
        const shown = await showDelivery(running.db.pool, deliveryId(first));
        return shown.state === 'exhausted' && shown;
      },
      { what: 'the delivery to be exhausted' },
    );
    expect(exhausted.attempts).to.have.length(11);
    expect(exhausted.attempts.at(-1)).to.include({ reason: 'http_503' });
    const bodies = new Set(running.arrivals().map((request) => request.body.toString()));
    const ids = new Set(running.arrivals().map(deliveryId));
    expect([bodies.size, ids.size]).to.eql([1, 1]);

    running.receiver.answer(() => ({ status: 200 }));
    await redeliver(running.db.pool, deliveryId(first));
    const again = await waitUntil(
      async () => {
        const shown = await showDelivery(running.db.pool, deliveryId(first));
        return shown.state === 'succeeded' && shown;
      },
      { what: 'the redelivery to succeed' },
    );
    expect(again.attempts.at(-1)).to.include({ number: 12, reason: 'success' });
  });
});
