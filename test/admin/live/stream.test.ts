import { expect } from 'chai';
import type { Listener } from '../../../src/admin/live/live.ts';
import { liveStream, type StreamParts } from '../../../src/admin/live/stream.ts';
import { waitUntil } from '../../support/wait.ts';
import { follow } from '../api/live-kit.ts';

describe('a stream of server-sent events', () => {
  let listeners: Listener[];
  let endings: number;
  let closing: AbortController;
  beforeEach(() => {
    listeners = [];
    endings = 0;
    closing = new AbortController();
  });

  const open = (more: Partial<StreamParts> = {}) =>
    liveStream({
      live: {
        join(listener) {
          listeners.push(listener);
          return () => {
            listeners = listeners.filter((each) => each !== listener);
          };
        },
      },
      topics: new Set(['queue']),
      endpointId: undefined,
      lastEventId: undefined,
      stillSignedIn: () => Promise.resolve(true),
      closing: closing.signal,
      ended: () => {
        endings += 1;
      },
      ...more,
    });
  const tell = (data: string) =>
    listeners[0]?.hear({ id: '1-1', at: 1, topic: 'queue', endpointId: null, data });

  it('writes events as browsers read them, and signs of life between', async () => {
    const page = follow(open({ heartbeatMs: 5 }));
    tell('{"due":1}');
    expect((await page.until('the event', () => true)).data).to.deep.equal({ due: 1 });
    await waitUntil(() => page.text().includes('\n\n:\n\n'), { what: 'a sign of life' });
    expect(page.text()).to.match(/^retry: 2000\n\nid: 1-1\nevent: queue\ndata: \{"due":1\}\n\n/);
    await page.leave();
    expect([listeners.length, endings]).to.deep.equal([0, 1]);
  });

  it('drops who reads too slowly, after a bounded number of bytes', async () => {
    const stream = open({ waitingMost: 10_000 });
    const large = JSON.stringify('x'.repeat(3_000));
    let sent = 0;
    while (listeners.length > 0 && sent < 100) {
      tell(large);
      sent += 1;
    }
    expect(sent).to.be.within(4, 6);
    expect([listeners.length, endings]).to.deep.equal([0, 1]);
    expect((await follow(stream).ended)?.message).to.equal('a live view was read too slowly');
  });

  it('goes on for whoever reads, however much it is', async () => {
    const page = follow(open({ waitingMost: 10_000 }));
    for (let sent = 1; sent <= 20; sent += 1) {
      tell(JSON.stringify('x'.repeat(3_000)));
      await waitUntil(() => page.heard.length === sent, { what: `message ${sent}` });
    }
    expect(endings).to.equal(0);
    await page.leave();
  });

  for (const [what, more, end] of [
    [
      'somebody is not signed in any more',
      { stillSignedIn: () => Promise.resolve(false), heartbeatMs: 5 },
      () => {},
    ],
    [
      'nobody can tell whether he is',
      { stillSignedIn: () => Promise.reject(new Error('gone')), heartbeatMs: 5 },
      () => {},
    ],
    ['the server stops', {}, () => closing.abort()],
  ] as const) {
    it(`ends in order when ${what}`, async () => {
      const page = follow(open(more));
      end();
      expect(await page.ended).to.equal(undefined);
      expect([listeners.length, endings]).to.deep.equal([0, 1]);
    });
  }

  it('ends at once where the server has stopped already', async () => {
    closing.abort();
    expect(await follow(open()).ended).to.equal(undefined);
    expect([listeners.length, endings]).to.deep.equal([0, 1]);
  });
});
