import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { createAssets, pageBelow } from '../../src/admin/assets.ts';

const script = 'export const told = "by the page";';
const page = `<!doctype html><html><head><meta name="rowhook-base" content="" /><link rel="icon" href="/icon-A.svg" />
<script type="module" src="/app-A.js"></script></head><body><a href="//else.example/">x</a></body></html>`;

describe('the files of the admin page', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rowhook-page-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const build = async () => {
    await writeFile(join(folder, 'index.html'), page);
    await writeFile(join(folder, 'app-A.js'), script);
    await writeFile(join(folder, 'app-A.js.gz'), gzipSync(script));
    await writeFile(join(folder, 'app-A.js.br'), brotliCompressSync(script));
    await writeFile(join(folder, 'server.js'), 'never to be seen');
    const files = { 'app-A.js': { type: 'text/javascript; charset=utf-8', bytes: 1, gzip: 1, br: 1 } };
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ index: 'index.html', files }));
  };
  const assets = (basePath = '') => createAssets(basePath, pathToFileURL(`${folder}/`));
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET', from = assets()) =>
    from.answer(new Request('http://x.test/', { method, headers }), path);

  it('are kept for ever, and sent as small as the browser can take them', async () => {
    await build();
    const plain = get('/app-A.js');
    expect(await plain.text()).to.equal(script);
    expect(Object.fromEntries(plain.headers)).to.include({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
      'content-length': String(script.length),
    });
    expect(plain.headers.has('content-encoding')).to.equal(false);
    const coded = async (accepted: string) => {
      const response = get('/app-A.js', { 'accept-encoding': accepted });
      const bytes = Buffer.from(await response.arrayBuffer());
      return [response.headers.get('content-encoding'), bytes] as const;
    };
    const [br, brotli] = await coded('gzip, deflate, br;q=0.9');
    expect([br, brotliDecompressSync(brotli).toString()]).to.deep.equal(['br', script]);
    const [gzip, zipped] = await coded('gzip, br;q=0');
    expect([gzip, gunzipSync(zipped).toString()]).to.deep.equal(['gzip', script]);
    expect((await coded('identity, zstd'))[0]).to.equal(null);
  });

  it('are not sent to whoever has them, each form under a tag of its own', async () => {
    await build();
    const etag = get('/app-A.js').headers.get('etag') ?? '';
    const ofBrotli = get('/app-A.js', { 'accept-encoding': 'br' }).headers.get('etag');
    expect(etag)
      .to.match(/^".+"$/)
      .and.not.equal(ofBrotli);
    const known = get('/app-A.js', { 'if-none-match': `"other", W/${etag}` });
    expect([known.status, await known.text(), known.headers.get('etag')]).to.deep.equal([304, '', etag]);
    expect(get('/app-A.js', { 'if-none-match': '"other"' }).status).to.equal(200);
    const index = get('/');
    expect(index.headers.get('cache-control')).to.equal('no-cache');
    expect(get('/', { 'if-none-match': index.headers.get('etag') ?? '' }).status).to.equal(304);
    const head = get('/app-A.js', {}, 'HEAD');
    expect([await head.text(), head.headers.get('content-length')]).to.deep.equal([
      '',
      String(script.length),
    ]);
  });

  it('are those of the manifest and no others', async () => {
    await build();
    const paths = [
      '/server.js',
      '/app-B.js',
      '/manifest.json',
      '/app-A.js.br',
      '/../package.json',
      '//app-A.js',
    ];
    for (const path of [...paths, '/webhooks/app-A.js', '/favicon.ico']) {
      const response = get(path);
      expect([response.status, response.headers.get('cache-control')], path).to.deep.equal([404, 'no-store']);
      expect(await response.text(), path).not.to.match(/<|never/);
      expect(assets().isFile(path), path).to.equal(false);
    }
  });

  it('are beside the page, which is at any path that names no file, and finds its own way', async () => {
    await build();
    const paths = [
      '/',
      '/webhooks/4',
      '/records/person:jo.js',
      '/records/user%3Ajo%40x.com',
      '/constructor',
      '/__proto__',
    ];
    for (const path of paths) {
      const response = get(path);
      expect(response.headers.get('content-type'), path).to.equal('text/html; charset=utf-8');
      expect(await response.text(), path).to.equal(page);
      expect(assets().isFile(path), path).to.equal(false);
    }
    expect(assets().isFile('/app-A.js')).to.equal(true);
    const written = get('/', {}, 'POST');
    expect([written.status, written.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
  });

  it('are found below the base path: the page is told where it is', () => {
    expect(pageBelow(page, '/w')).to.equal(
      page
        .replace('content=""', 'content="/w"')
        .replace('href="/icon-A.svg"', 'href="/w/icon-A.svg"')
        .replace('src="/app-A.js"', 'src="/w/app-A.js"'),
    );
    expect(pageBelow(page, '')).to.equal(page);
  });

  it('are told to be missing where there was no build, and found once there is one, and kept when it goes', async () => {
    const files = assets();
    const missing = get('/', {}, 'GET', files);
    expect(missing.status).to.equal(503);
    expect(await missing.text())
      .to.contain('npm run build')
      .and.not.contain(folder);
    await build();
    expect(get('/webhooks', {}, 'GET', files).status).to.equal(200);
    await rm(join(folder, 'app-A.js'));
    expect(await get('/app-A.js', {}, 'GET', files).text()).to.equal(script);
  });
});
