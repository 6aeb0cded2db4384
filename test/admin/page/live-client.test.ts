import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createLive, type Live } from '../../../admin/data/live-client.ts';
import { pauseMs } from '../../../admin/data/live-stream.ts';
import { waitUntil } from '../../support/wait.ts';

interface Stream {
  url: string;
  open: boolean;
  response: ServerResponse;
}

describe("the page's live streams", () => {
  let server: Server;
  let live: Live;
  let streams: Stream[];
  let status: number;
  let signedOut: number;
  let timers: Set<{ ms: number; run: () => void }>;
  const ends: (() => void)[] = [];

  beforeEach(async () => {
    streams = [];
    status = 200;
    signedOut = 0;
    timers = new Set();
    server = createServer((request: IncomingMessage, response) => {
      const stream: Stream = { url: request.url ?? '', open: true, response };
      streams.push(stream);
      response.on('close', () => {
        stream.open = false;
      });
      response.writeHead(status, { 'content-type': 'text/event-stream' });
      if (status === 200) response.write(': hello\n\n');
      else response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    live = createLive({
      base: '',
      fetch: (url, init) => fetch(origin + url, init),
      after: (ms, run) => {
        const timer = { ms, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
      random: () => 1,
      signedOut: () => {
        signedOut += 1;
      },
    });
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const on: Live['on'] = (topic, endpointId, hear) => {
    const end = live.on(topic, endpointId, hear);
    ends.push(end);
    return end;
  };
  const state = (name: string) =>
    waitUntil(() => live.state.value === name, { what: `the stream to be ${name}` });
  const send = (stream: Stream | undefined, event: string, data: unknown) =>
    stream?.response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  /** What waits for this time runs now. */
  const pass = (ms: number) => {
    for (const timer of [...timers]) if (timer.ms === ms && timers.delete(timer)) timer.run();
  };

  it('are one for all topics, and one for each endpoint that is looked at', async () => {
    on('queue', null, () => {});
    on('bulk', null, () => {});
    on('deliveries', '4', () => {});
    await waitUntil(() => streams.length === 2, { what: 'two streams' });
    await state('open');
    expect(streams.map((stream) => stream.url).sort()).to.deep.equal([
      '/api/v1/live?endpoint=4&topics=deliveries',
      '/api/v1/live?topics=bulk%2Cqueue',
    ]);
  });

  it('bring each listener what it is about', async () => {
    const heard: unknown[] = [];
    on('queue', null, (queue) => heard.push(queue));
    on('bulk', null, () => heard.push('of another topic'));
    await state('open');
    send(streams[0], 'queue', { nextDueAt: 'ä' });
    await waitUntil(() => heard.length === 1, { what: 'the queue' });
    expect(heard).to.deep.equal([{ nextDueAt: 'ä' }]);
  });

  it('end after the last listener, and stay when one leaves as another one comes', async () => {
    const end = on('queue', null, () => {});
    await state('open');
    end();
    const last = on('queue', null, () => {});
    await state('open');
    expect(streams).to.have.length(1);
    last();
    await waitUntil(() => streams[0]?.open === false, { what: 'the stream to end' });
    expect(live.state.value).to.equal('off');
  });

  it('come back after a break, say so, and tell that something may have been missed', async () => {
    let gaps = 0;
    ends.push(
      live.onGap(() => {
        gaps += 1;
      }),
    );
    on('queue', null, () => {});
    await state('open');
    expect(gaps).to.equal(0);
    streams[0]?.response.destroy();
    await state('paused');
    await waitUntil(() => [...timers].some((timer) => timer.ms === 1_000), { what: 'a pause of a second' });
    pass(1_000);
    await state('open');
    expect([streams.length, gaps]).to.deep.equal([2, 1]);
  });

  it('wait longer each time, and go on at once when asked to', async () => {
    status = 503;
    on('queue', null, () => {});
    for (const ms of [1_000, 2_000, 4_000]) {
      await waitUntil(() => [...timers].some((timer) => timer.ms === ms), { what: `a pause of ${ms} ms` });
      expect(live.state.value).to.equal('paused');
      pass(ms);
    }
    await waitUntil(() => [...timers].some((timer) => timer.ms === 8_000), { what: 'a pause of 8 s' });
    status = 200;
    live.retry();
    await state('open');
    streams.at(-1)?.response.destroy();
    await waitUntil(() => [...timers].some((timer) => timer.ms === 1_000), {
      what: 'a pause of a second again',
    });
  });

  it('count as broken when not even a heartbeat comes', async () => {
    on('queue', null, () => {});
    await state('open');
    pass(40_000);
    await state('paused');
    await waitUntil(() => streams[0]?.open === false, { what: 'the silent stream to be left' });
  });

  it('are not tried again without a session', async () => {
    status = 401;
    on('queue', null, () => {});
    await waitUntil(() => signedOut === 1, { what: 'the end of the session' });
    expect([...timers]).to.deep.equal([]);
    expect(streams).to.have.length(1);
  });

  it('are let go while nobody looks; then what was missed is told', async () => {
    let gaps = 0;
    ends.push(
      live.onGap(() => {
        gaps += 1;
      }),
    );
    on('queue', null, () => {});
    await state('open');
    live.sleep(true);
    await waitUntil(() => streams[0]?.open === false, { what: 'the stream to end' });
    expect([live.state.value, gaps]).to.deep.equal(['off', 0]);
    live.sleep(false);
    await state('open');
    expect([streams.length, gaps]).to.deep.equal([2, 1]);
  });
});

describe('the pause before a stream is tried again', () => {
  it('doubles up to half a minute, of which up to a half is chance', () => {
    expect([1, 2, 3, 6, 50].map((failures) => pauseMs(failures, 1))).to.deep.equal([
      1_000, 2_000, 4_000, 30_000, 30_000,
    ]);
    expect(pauseMs(3, 0)).to.equal(2_000);
  });
});
