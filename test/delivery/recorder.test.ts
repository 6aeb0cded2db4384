import { expect } from 'chai';
import { pino } from 'pino';
import type { Claimed } from '../../src/delivery/queue/claim.ts';
import type { Finished, Recorded } from '../../src/delivery/queue/record.ts';
import { Recorder } from '../../src/delivery/queue/recorder.ts';
import type { TestDatabase } from '../support/database.ts';
import { claimed } from './claimed.ts';
import {
  addEndpoint,
  attempts,
  claimDue,
  count,
  enqueue,
  finish,
  type LogLine,
  payloads,
  poolSession,
  queueDatabase,
} from './queue.ts';

describe('recorder', () => {
  let db: TestDatabase;
  let batch: Claimed[];
  const lines: LogLine[] = [];
  const done = new Map<string, Recorded | undefined>();

  beforeEach(async () => {
    lines.length = 0;
    done.clear();
    db = await queueDatabase();
    await enqueue(db, await addEndpoint(db, 'http://127.0.0.1:9/'), payloads(5));
    batch = await claimDue(poolSession(db));
  });

  const recorder = (session = poolSession(db)): Recorder =>
    new Recorder({
      session,
      log: pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) }),
      onDone: (finished, recorded) => {
        expect(done.has(finished.delivery.id), 'done twice').to.equal(false);
        done.set(finished.delivery.id, recorded);
      },
    });
  it('writes what is added at the moment at which it ends', async () => {
    const [one, other] = batch.map((delivery) => finish(delivery)) as [Finished, Finished];
    const ended = new Promise<void>((resolve) => {
      const made = new Recorder({
        session: poolSession(db),
        log: pino({ enabled: false }),
        onDone(finished, recorded) {
          done.set(finished.delivery.id, recorded);
          // After its last look, and before anybody who waits for it goes on.
          if (finished === one) queueMicrotask(() => made.add(other));
          if (finished === one) setImmediate(() => made.drain(1_000).then(resolve));
        },
      });
      made.add(one);
    });
    await ended;
    expect([...done.values()].map((each) => each?.number)).to.deep.equal([1, 1]);
  });
  it('writes what came while it wrote in one batch', async () => {
    let statements = 0;
    const session = poolSession(db);
    const counting = recorder({
      ...session,
      query: (statement, values) => {
        statements += 1;
        return session.query(statement, values);
      },
    });
    for (const delivery of batch) counting.add(finish(delivery));
    await counting.drain(1_000);
    expect(statements).to.equal(2);
    expect(await count(db, 'attempt')).to.equal(5);
    expect([...done.values()].map((each) => each?.number)).to.deep.equal([1, 1, 1, 1, 1]);
  });

  it('gathers many for a moment, and lets a few wait for nothing', async () => {
    const sizes: number[] = [];
    const waiting = claimed('1', 30);
    const add = (most: number) => {
      for (const delivery of waiting.splice(0, most)) some.add(finish(delivery));
    };
    const some = recorder({
      query: async (_statement, values) => {
        await Promise.resolve();
        // The length of an array in binary form.
        sizes.push((values[0] as Buffer).readInt32BE(12));
        // These come while it is written.
        add(sizes.length === 1 ? 2 : 20);
        // And these a moment later.
        if (sizes.length === 2) setImmediate(add, 30);
        // As if all of them were written.
        return { rows: [{ fate: 'held', count: sizes.at(-1) }] as never[] };
      },
      close() {},
    });
    add(1);
    await some.drain(1_000);
    expect(sizes).to.deep.equal([1, 2, 27]);
  });

  it('does not let one answer that cannot be stored keep the others, nor its own verdict', async () => {
    const some = recorder();
    // The first is written alone, the others in one batch.
    for (const [index, delivery] of batch.entries()) {
      some.add(finish(delivery, index === 2 ? { detail: 'NUL: \0', responseBody: Buffer.from('lost') } : {}));
    }
    await some.drain(1_000);
    expect(done.size).to.equal(5);
    const rows = await attempts(db);
    expect(rows).to.have.length(5);
    const bare = rows.find((row) => row.delivery_id === batch[2]?.id);
    expect(bare).to.include({
      verdict: 'succeeded',
      response_status: 200,
      detail: null,
      response_body: null,
    });
    expect(lines.map((line) => line.msg)).to.deep.equal(['response cannot be stored; recorded without it']);
  });

  it('gives up what cannot be stored at all', async () => {
    const some = recorder();
    for (const [index, delivery] of batch.entries())
      some.add(finish(delivery, index === 1 ? { url: '\0' } : {}));
    await some.drain(1_000);
    expect(await count(db, 'attempt')).to.equal(4);
    expect(done.get(batch[1]?.id ?? '')).to.equal(undefined);
    expect(done.size).to.equal(5);
    expect(await count(db, 'delivery'), 'left to whoever leases it next').to.equal(1);
  });
});
