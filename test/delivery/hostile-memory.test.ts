import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { largeAnswers } from './hostile-answers/large.ts';
import { sendingKit } from './sending-kit.ts';

/** 800 in all: had each left the 64 KiB of its answer behind, that would be 50 MB. */
const requestsOfEach = 50;
const megabyte = 1024 * 1024;

/**
 * Sends to each receiver so often, and reports in bytes what is alive in its memory after a few requests to each and at the end, and what it held at
 * most. A process of its own, whose memory nothing else uses.
 */
const child = `
  import { parseAllowList } from '${new URL('../../src/delivery/guard/guard.ts', import.meta.url)}';
  import { createSender } from '${new URL('../../src/delivery/request/send.ts', import.meta.url)}';
  const sender = createSender({ allow: parseAllowList(['127.0.0.1']), timeoutMs: 20000, connections: 16 });
  const body = Buffer.from('{}');
  const urls = process.argv.slice(2);
  const reasons = urls.map(() => ({}));
  const round = async (times) => {
    for (const [index, url] of urls.entries()) {
      for (let left = times; left > 0; left -= 10) {
        for (const sent of await Promise.all(Array.from({ length: 10 }, () => sender.send(url, [], body)))) {
          const end = sent.failure?.reason ?? 'cut';
          reasons[index][end] = (reasons[index][end] ?? 0) + 1;
        }
      }
    }
    global.gc();
    // Buffers are counted off once their owners' ends have been seen to.
    await new Promise(setImmediate);
    global.gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = await round(10);
  const after = await round(${requestsOfEach} - 10);
  await sender.close();
  console.log(JSON.stringify({ before, after, peak: process.resourceUsage().maxRSS * 1024, reasons }));`;

describe('a daemon under answers without end', () => {
  const { raw } = sendingKit();

  it(`keeps its memory: ${requestsOfEach} of each of ${largeAnswers.length} kinds`, async () => {
    const urls: string[] = [];
    for (const { answer } of largeAnswers) urls.push((await raw(answer)).url());
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      child,
      '--',
      'child',
      ...urls,
    ]);
    const { before, after, peak, reasons } = JSON.parse(stdout) as {
      before: number;
      after: number;
      peak: number;
      reasons: Record<string, number>[];
    };
    expect(reasons).to.deep.equal(largeAnswers.map(({ reason = 'cut' }) => ({ [reason]: requestsOfEach })));
    expect((after - before) / megabyte, 'growth in MB').to.be.below(10);
    expect(peak / megabyte, 'most in MB').to.be.below(250);
  }).timeout(120_000);
});
