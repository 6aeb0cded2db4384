import { readdirSync, readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';

const folder = new URL('../../../dist/admin/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder));
const text = (name: string) => read(name).toString('utf8');

interface Manifest {
  index: string;
  files: Record<string, { type: string; bytes: number; gzip: number; br: number }>;
}

// `npm test` builds it before.
describe('the built page', () => {
  const manifest = () => JSON.parse(text('manifest.json')) as Manifest;

  it('has each file as its manifest says, and compressed beside it', () => {
    const { files } = manifest();
    expect(Object.keys(files)).to.have.length.above(4);
    for (const [name, { bytes, gzip, br, type }] of Object.entries(files)) {
      expect(name).to.match(/^[\w-]+-[A-Z0-9]{8}\.(js|css|svg)$/);
      expect(type).to.match(/^(text\/(javascript|css); charset=utf-8|image\/svg\+xml)$/);
      const content = read(name);
      expect([content.length, read(`${name}.gz`).length, read(`${name}.br`).length], name).to.deep.equal([
        bytes,
        gzip,
        br,
      ]);
      expect(gunzipSync(read(`${name}.gz`)).equals(content), name).to.equal(true);
      expect(brotliDecompressSync(read(`${name}.br`)).equals(content), name).to.equal(true);
    }
  });

  it('needs less than 150 kB at first, all of what its document names', () => {
    const { files, index } = manifest();
    const html = text(index);
    const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(named.some((name) => name.startsWith('app-') && name.endsWith('.js'))).to.equal(true);
    expect(named.some((name) => name.endsWith('.css'))).to.equal(true);
    const sizes = named.map((name) => files[name]?.gzip ?? Number.NaN);
    expect(sizes.reduce((sum, size) => sum + size, gzipSync(html).length)).to.be.below(150_000);
    for (const imported of text(named.find((name) => name.startsWith('app-')) ?? '').matchAll(
      /from"\.\/([^"]+)"/g,
    )) {
      expect(named, 'is loaded at once').to.include(imported[1]);
    }
  });

  it('has nothing inline that its content security policy would refuse, and a place for the base path', () => {
    const html = text(manifest().index);
    expect(html).not.to.match(/<style|\sstyle=|\son\w+=|<base|<script(?![^>]*\ssrc=)|javascript:/i);
    expect(html).to.contain('<meta name="rowhook-base" content="" />');
    expect(html).not.to.match(/%[A-Z]+%/);
  });

  it('makes no markup of strings', () => {
    for (const name of Object.keys(manifest().files).filter((each) => each.endsWith('.js'))) {
      // Of Preact's own: dangerouslySetInnerHTML is looked for where it is given, which is nowhere.
      const found = text(name)
        .replaceAll('dangerouslySetInnerHTML', '')
        .match(/insertAdjacentHTML|outerHTML|document\.write|\beval\(|new Function\(/g);
      expect(found, name).to.equal(null);
    }
  });

  it('is written without markup made of strings', () => {
    const sources = new URL('../../../admin/', import.meta.url);
    const names = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.tsx?$/.test(name),
    );
    expect(names).to.have.length.above(50);
    for (const name of names) {
      expect(readFileSync(new URL(name, sources), 'utf8'), name).not.to.match(
        /innerHTML|outerHTML|insertAdjacentHTML/i,
      );
    }
  });

  it('brings the licences of what is in it', () => {
    const licences = text('LICENSES.txt');
    for (const name of ['preact', '@preact/signals', '@preact/signals-core', 'uplot']) {
      expect(licences).to.match(new RegExp(`^${name.replace('/', '\\/')} \\d+\\.`, 'm'));
    }
    expect(licences.match(/Permission is hereby granted/g)).to.have.length.at.least(4);
  });
});
