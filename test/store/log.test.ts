import { expect } from 'chai';
import pg from 'pg';
import { pino } from 'pino';
import { RowhookError } from '../../src/errors.ts';
import { withSafeErrors } from '../../src/store/log.ts';
import { createTestDatabase } from '../support/database.ts';

describe('the log', () => {
  let lines: string[] = [];
  const log = withSafeErrors(pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }));
  beforeEach(() => {
    lines = [];
  });
  const logged = (err: unknown, key: 'err' | 'error' = 'err') => {
    log.warn({ [key]: err }, 'it failed');
    return JSON.parse(lines.at(-1)!)[key];
  };

  it('says of an error what kind it is, its message, its stack and its code, and the same of its causes', () => {
    const cause = Object.assign(new TypeError('why'), { code: 'ECONNREFUSED', syscall: 'connect', port: 1 });
    const error = new RowhookError('database_unreachable', 'no database', {
      fix: 'Start it.',
      where: 'host:1',
      cause,
    });
    expect(logged(error)).to.deep.equal({
      type: 'RowhookError',
      message: 'no database',
      stack: error.stack,
      code: 'database_unreachable',
      where: 'host:1',
      fix: 'Start it.',
      cause: {
        type: 'TypeError',
        message: 'why',
        stack: cause.stack,
        code: 'ECONNREFUSED',
        syscall: 'connect',
      },
    });
    const several = logged(new AggregateError([new Error('one'), new RangeError('two')]));
    expect(several.errors.map(({ message }: Error) => message)).to.deep.equal(['one', 'two']);
    expect(logged('a text')).to.equal('a text');
    expect(logged(undefined)).to.equal(undefined);
  });

  for (const key of ['err', 'error'] as const) {
    it(`leaves out what else hangs on an error under "${key}"`, () => {
      const client = {
        connectionParameters: { password: 's3cret' },
        options: { headers: { authorization: 's3cret' } },
      };
      const cause = Object.assign(new Error('cause'), { request: client });
      const error = Object.assign(new Error('lost', { cause }), {
        client,
        code: { s3cret: 1 },
        input: 's3cret',
      });
      const nested = new AggregateError([error], 'all of them', { cause: error });
      for (const each of [error, nested, client]) logged(each, key);
      expect(lines).to.have.length(3);
      for (const line of lines) expect(line).not.to.include('s3cret');
    });
  }

  it('ends where errors are each other’s cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(logged(error))).to.have.length.below(20_000);
  });

  it('repeats no row and no parameter of a statement that failed', async () => {
    const db = await createTestDatabase();
    await db.query(`create table kept (secret text check (secret = ''))`);
    const failure = await db
      .query('insert into kept values ($1)', ['s3cret'])
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(pg.DatabaseError).with.property('detail').that.includes('s3cret');
    expect(logged(failure)).to.include({ code: '23514', table: 'kept', constraint: 'kept_secret_check' });
    expect(lines.join()).not.to.include('s3cret');
  });
});
