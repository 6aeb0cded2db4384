import { expect } from 'chai';
import { dispatcherKit } from './dispatcher-kit.ts';
import * as queue from './queue.ts';

describe('headers of an endpoint’s own, on the way', () => {
  const { db, receiver, start, recorded } = dispatcherKit();

  /** As somebody with SQL could write them, past all checks. */
  const send = async (url: string, headers: string) => {
    const id = await queue.addEndpoint(db(), url);
    await db().query('update rowhook.endpoint set headers = $1', [headers]);
    await queue.enqueue(db(), id);
    const { dispatcher, lines } = await start();
    await recorded(1);
    await dispatcher.stop();
    const [attempt] = await queue.attempts(db());
    return { attempt: attempt!, lines };
  };

  it('come behind ours, and are recorded without their values', async () => {
    const server = await receiver();
    const { attempt, lines } = await send(
      server.url(),
      '[["Authorization","Bearer hunter2"],["X-Tag","hunter2"]]',
    );
    expect(server.requests[0]?.headers).to.include({ authorization: 'Bearer hunter2', 'x-tag': 'hunter2' });
    expect(attempt.verdict).to.equal('succeeded');
    expect(attempt.request_headers)
      .to.deep.include(['Authorization', '[hidden]'])
      .and.deep.include(['X-Tag', '[hidden]']);
    expect(JSON.stringify([attempt, lines])).not.to.include('hunter2');
  });

  for (const [what, headers] of [
    ['a line end in a value', '[["X-A","hunter2\\r\\nX-Evil: 1"]]'],
    ['a line end in a name', '[["X-A: 1\\r\\nX-Evil","hunter2"]]'],
    ['a length of their own', '[["Content-Length","0"]]'],
    ['a host of their own', '[["hOST","hunter2"]]'],
    ['an event of their own', '[["SiteStacker-Event","hunter2"]]'],
    ['no JSON', 'hunter2'],
  ] as const) {
    it(`are not sent with ${what}, whoever wrote it there: the delivery ends, and says why`, async () => {
      const server = await receiver();
      const { attempt, lines } = await send(server.url(), headers);
      expect(attempt).to.include({ verdict: 'exhausted', reason: 'invalid_request' });
      expect(attempt.detail).to.match(/^the endpoint's own headers cannot be sent: /);
      expect(server.requests).to.have.length(0);
      expect(JSON.stringify([attempt, lines])).not.to.include('hunter2');
    });
  }
});
