import { expect } from 'chai';
import { pino } from 'pino';
import { v4 } from 'uuid';
import { type Claimed, claim } from '../../src/delivery/claim.ts';
import type { Finished, Recorded } from '../../src/delivery/record.ts';
import { Recorder } from '../../src/delivery/recorder.ts';
import type { TestDatabase } from '../support/database.ts';
import {
  addEndpoint,
  attempts,
  count,
  enqueue,
  type LogLine,
  payloads,
  poolSession,
  queueDatabase,
} from './queue.ts';

describe('recorder', () => {
  let db: TestDatabase;
  let claimed: Claimed[];
  const lines: LogLine[] = [];
  const done = new Map<string, Recorded | undefined>();

  beforeEach(async () => {
    lines.length = 0;
    done.clear();
    db = await queueDatabase();
    await enqueue(db, await addEndpoint(db, 'http://127.0.0.1:9/'), payloads(5));
    claimed = await claim(poolSession(db), {
      lease: v4(),
      leaseMs: 60_000,
      sendBy: 0,
      limit: 5,
      lanes: [],
      roomOfOthers: 5,
      afterEndpoint: '0',
    });
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
  const finish = (delivery: Claimed, more: Partial<Finished> = {}): Finished => ({
    delivery,
    attemptId: v4(),
    startedAt: new Date(),
    durationMs: 3,
    verdict: { verdict: 'succeeded', reason: 'success' },
    detail: null,
    url: delivery.url,
    dialect: 'site-stacker',
    requestHeaders: [],
    status: 200,
    responseHeaders: [['x', 'y']],
    responseBody: Buffer.from('ok'),
    responseCut: false,
    ...more,
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
    for (const delivery of claimed) counting.add(finish(delivery));
    await counting.drain(1_000);
    expect(statements).to.equal(2);
    expect(await count(db, 'attempt')).to.equal(5);
    expect([...done.values()].map((each) => each?.number)).to.deep.equal([1, 1, 1, 1, 1]);
  });

  it('does not let one answer that cannot be stored keep the others, nor its own verdict', async () => {
    const some = recorder();
    // The first is written alone, the others in one batch.
    for (const [index, delivery] of claimed.entries()) {
      some.add(finish(delivery, index === 2 ? { detail: 'NUL: \0', responseBody: Buffer.from('lost') } : {}));
    }
    await some.drain(1_000);
    expect(done.size).to.equal(5);
    const rows = await attempts(db);
    expect(rows).to.have.length(5);
    const bare = rows.find((row) => row.delivery_id === claimed[2]?.id);
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
    for (const [index, delivery] of claimed.entries())
      some.add(finish(delivery, index === 1 ? { url: '\0' } : {}));
    await some.drain(1_000);
    expect(await count(db, 'attempt')).to.equal(4);
    expect(done.get(claimed[1]?.id ?? '')).to.equal(undefined);
    expect(done.size).to.equal(5);
    expect(await count(db, 'delivery'), 'left to whoever leases it next').to.equal(1);
  });
});
