import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { mistakeCodes } from '../../src/catalog/mistake.ts';
import { findingCodes } from '../../src/check/finding.ts';
import { errorCodes } from '../../src/errors.ts';

describe('docs/errors.md', () => {
  /** The cells of the rows of the table under a heading. */
  async function rowsUnder(heading: string): Promise<string[][]> {
    const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const section = text.split(/^#+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
    return section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
  }

  it('has every code that there is, once, with its meaning and what to do, and no other', async () => {
    const rows = await rowsUnder('Errors');
    expect(rows.map(([, code]) => code)).to.deep.equal(Object.keys(errorCodes).map((code) => `\`${code}\``));
    for (const [, code, meaning, remedy] of rows) {
      expect(meaning, code).to.match(/\.$/);
      expect(remedy, code).to.match(/\S/);
    }
  });

  it('has every finding of the check, with its severity, its meaning and what to do, and no other', async () => {
    const rows = await rowsUnder('Findings of `rowhook check`');
    const known = Object.entries(findingCodes).flatMap(([severity, codes]) =>
      Object.keys(codes).map((code) => [`\`${code}\``, severity]),
    );
    expect(rows.map(([, code, severity]) => [code, severity])).to.deep.equal(known);
    for (const [, code, , meaning, remedy] of rows) {
      expect(meaning, code).to.match(/\.$/);
      expect(remedy, code).to.match(/\S/);
    }
  });

  it('has every mistake of a config, with its meaning, and no other', async () => {
    const rows = await rowsUnder('Mistakes in a config');
    expect(rows.map(([, code, meaning]) => [code, meaning])).to.deep.equal(
      Object.entries(mistakeCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    );
  });
});
