import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { errorCodes } from '../../src/errors.ts';

describe('docs/errors.md', () => {
  it('has every code that there is, once, with its meaning and what to do, and no other', async () => {
    const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const rows = text
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    expect(rows.map(([, code]) => code)).to.deep.equal(Object.keys(errorCodes).map((code) => `\`${code}\``));
    for (const [, code, meaning, remedy] of rows) {
      expect(meaning, code).to.match(/\.$/);
      expect(remedy, code).to.match(/\S/);
    }
  });
});
