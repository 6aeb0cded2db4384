import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { builtPackage } from '../cli/built-package.ts';

describe('rowhook/verify as it is published', function () {
  this.timeout(120_000);

  it('needs nothing but node:crypto, its own files included', async () => {
    const { exports } = JSON.parse(await readFile(join(await builtPackage(), 'package.json'), 'utf8'));
    expect(exports['./verify']).to.deep.equal({ types: './dist/verify.d.ts', default: './dist/verify.js' });
    const outside = new Set<string>();
    const read = new Set<string>();
    const waiting = [join(await builtPackage(), exports['./verify'].default)];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (read.has(file)) continue;
      read.add(file);
      const source = await readFile(file, 'utf8');
      for (const [, name = ''] of source.matchAll(/\b(?:from|import|import\()\s*['"]([^'"]+)['"]/g)) {
        if (name.startsWith('.')) waiting.push(join(dirname(file), name));
        else outside.add(name);
      }
    }
    expect([...outside]).to.deep.equal(['node:crypto']);
    expect(read.size).to.be.greaterThan(5);
  });
});
