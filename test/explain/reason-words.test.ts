import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import {
  reasonWords,
  wordsOfDisabling,
  wordsOfReason,
  wordsOfSetAside,
} from '../../src/explain/reason-words.ts';
import { stepCodes } from '../../src/explain/story.ts';

const source = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The words of a union of texts, as its source has them. */
async function unionOf(path: string, name: string): Promise<string[]> {
  const [, members = ''] = new RegExp(`export type ${name} =([^;]*);`).exec(await source(path)) ?? [];
  return [...members.matchAll(/'(\w+)'/g)].map(([, word = '']) => word);
}

describe('the words of reasons', () => {
  it('are there for every reason that an attempt can have, and for no other', async () => {
    const reasons = [
      ...(await unionOf('src/delivery/verdict.ts', 'Reason')),
      ...(await unionOf('src/delivery/request/failure.ts', 'FailureReason')),
    ];
    expect(reasons).to.include.members(['success', 'event_gone', 'timeout', 'blocked_address']);
    expect(Object.keys(reasonWords)).to.have.members(reasons);
    for (const { because, advice } of Object.values(reasonWords)) {
      expect(because).to.match(/^[a-z].*[^.]$/);
      if (advice !== null) expect(advice).to.match(/^[A-Z].*\.$/);
    }
  });

  it('tell any status, and reasons that this version does not know', () => {
    expect(wordsOfReason('http_500')).to.eql({
      because: 'the receiver answered with status 500',
      advice: null,
    });
    expect(wordsOfReason('http_401').advice).to.contain('the same secret');
    expect(wordsOfReason('http_410').because).to.contain('gone');
    for (const unknown of ['moon_full', 'constructor', 'toString']) {
      expect(wordsOfReason(unknown).because).to.equal(`of the reason \`${unknown}\``);
      expect(wordsOfSetAside(unknown)).to.equal(`of the reason \`${unknown}\``);
    }
    expect(wordsOfDisabling(null)).to.equal('by hand');
    expect(wordsOfDisabling('failing')).to.equal('because it had failed for days');
    expect(wordsOfDisabling('http_410')).to.equal(
      'because the receiver answered that it is gone (status 410)',
    );
  });

  it('are there for every reason that a record is set aside for', async () => {
    const rows = (await source('docs/operations.md')).matchAll(/^\| `(\w+)` \|/gm);
    const known = ['payload_failed', 'tenant_failed', 'source_failed', 'source_invalid', 'source_refused'];
    const all = [...known, 'no_address', 'too_large', 'resource_unknown', 'key_changed'];
    expect([...rows].map(([, word]) => word)).to.include.members(all);
    for (const reason of all) expect(wordsOfSetAside(reason)).not.to.contain('`');
  });
});

describe('docs/support.md', () => {
  it('has every step of a story, once, with its meaning, and no other', async () => {
    const rows = (await source('docs/support.md')).split('\n').filter((line) => line.startsWith('| `'));
    expect(
      rows.map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim())
          .slice(1, 3),
      ),
    ).to.eql(Object.entries(stepCodes).map(([code, meaning]) => [`\`${code}\``, meaning]));
  });
});
