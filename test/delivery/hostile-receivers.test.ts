import { expect } from 'chai';
import { waitUntil } from '../support/wait.ts';
import { brokenAnswers } from './hostile-answers/broken.ts';
import { largeAnswers } from './hostile-answers/large.ts';
import { oddAnswers } from './hostile-answers/odd.ts';
import { slowAnswers } from './hostile-answers/slow.ts';
import type { HostileAnswer } from './hostile-answers/ways.ts';
import { sendingKit } from './sending-kit.ts';

describe('a receiver', () => {
  const { sender, raw, post } = sendingKit();

  const expectOutcome = async (hostile: HostileAnswer): Promise<void> => {
    const { answer, reason, status, body, cut = false, detail, timeoutMs = 5_000 } = hostile;
    const server = await raw(answer);
    const by = sender({ timeoutMs });
    const sent = await post(server.url(), by);
    expect(sent.failure?.reason, sent.failure?.detail).to.equal(reason);
    if (detail) expect(sent.failure?.detail).to.match(detail);
    if (status !== undefined || !reason) expect(sent).to.include({ status, responseCut: cut });
    if (body !== undefined) expect(sent.responseBody?.equals(Buffer.from(body))).to.equal(true);
    if (cut) expect(sent.responseBody).to.have.length(65_536);
    // What failed or was cut keeps no connection.
    if (reason || cut) await waitUntil(() => server.open() === 0, { what: 'the end of the connection' });
    // Nothing that is left of it is taken for the answer of the next request.
    if (!reason && !cut) {
      expect(await post(server.url(), by)).to.include({ status, failure: undefined });
    }
  };

  describe('is understood when it sends', () => {
    for (const each of oddAnswers) it(each.what, () => expectOutcome(each));
  });
  describe('is cut short when it sends', () => {
    for (const each of largeAnswers) it(`${each.what}: ${each.reason ?? 'cut'}`, () => expectOutcome(each));
  });
  describe('is told from one that answers when it', () => {
    for (const each of [...brokenAnswers, ...slowAnswers]) {
      it(`${each.what}: ${each.reason}`, () => expectOutcome(each));
    }
  });
});
