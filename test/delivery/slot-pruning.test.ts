import { expect } from 'chai';
import { giveBack } from '../../src/delivery/queue/give-back.ts';
import { record } from '../../src/delivery/queue/record.ts';
import { createSession, type Session } from '../../src/delivery/queue/session.ts';
import { addEndpoint, claimDue, enqueue, finish, payloads, queueDatabase } from './queue.ts';

// Postgres 18.4 dies of a claim that leaves slots out while it runs, when deliveries change under it. That takes seconds of load to show.
it('no statement that locks deliveries leaves a slot out while it runs', async () => {
  const db = await queueDatabase();
  await enqueue(db, await addEndpoint(db, 'http://127.0.0.1:9/'), payloads(2));
  // With the settings of a dispatcher, which decide on the plan.
  const session = createSession(db.pool, { durable: false });
  const plans: string[] = [];
  const explaining: Session = {
    ...session,
    async query<Row extends object>(statement: { text: string }, values: readonly unknown[]) {
      const text = `explain ${statement.text}`;
      const { rows } = await session.query<{ 'QUERY PLAN': string }>({ text }, values);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return session.query<Row>(statement, values);
    },
  };
  const [first, second] = await claimDue(explaining);
  await record(explaining, [finish(first!)]);
  await giveBack(explaining, [second!]);
  await claimDue(explaining, { full: false });
  session.close();
  const onSlots = plans.filter((plan) => plan.includes('delivery_1'));
  expect(onSlots).to.have.length(4);
  expect(onSlots.join('\n').match(/.*(\(slot = |= slot\)).*/g)).to.equal(null);
});
