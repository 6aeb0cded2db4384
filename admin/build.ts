import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type BuildOptions, type BuildResult, build, context, type Plugin } from 'esbuild';

/** What the server reads: which files there are, and how large. */
interface Manifest {
  index: string;
  /** By name; sizes in bytes. Beside each lie `.gz` and `.br`. */
  files: Record<string, { type: string; bytes: number; gzip: number; br: number }>;
}

type Built = BuildResult<{ metafile: true; write: false }>;
type Out = Map<string, Uint8Array>;

const root = new URL('../', import.meta.url);
const target = new URL('dist/admin/', root);
/** Of what the first page needs, compressed: more is an error. */
const firstLoadLimit = 150_000;
const types: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const options = {
  absWorkingDir: root.pathname,
  entryPoints: { app: 'admin/main.tsx', style: 'admin/style/app.css', icon: 'admin/icon.svg' },
  outdir: 'dist/admin',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.svg': 'copy' },
  minify: true,
  // The licences' texts are put into a file of their own.
  legalComments: 'none',
  charset: 'utf8',
  metafile: true,
  write: false,
  logLevel: 'warning',
} satisfies BuildOptions;

if (process.argv.includes('--watch')) {
  const plugin: Plugin = {
    name: 'publish',
    setup: ({ onEnd }) =>
      onEnd((result) => (result.errors.length === 0 ? publish(result as Built) : undefined)),
  };
  const watched = await context({ ...options, plugins: [plugin] });
  await watched.watch();
} else {
  await publish((await build(options)) as Built);
}

/** Writes everything beside what tsc has put there; the manifest comes last, and then the files of the build before go. */
async function publish(result: Built): Promise<void> {
  const out: Out = new Map(result.outputFiles.map((file) => [nameOf(file.path), file.contents]));
  const initial = firstLoad(result);
  const index = await indexPage(initial);
  const manifest: Manifest = { index: 'index.html', files: {} };
  await mkdir(target, { recursive: true });
  for (const [name, content] of [...out].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const gzip = gzipSync(content, { level: 9 });
    const br = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    const type = types[name.split('.').at(-1) ?? ''];
    if (type === undefined) throw new Error(`${name}: the build makes files of js, css and svg only`);
    manifest.files[name] = { type, bytes: content.length, gzip: gzip.length, br: br.length };
    await writeFile(new URL(name, target), content);
    await writeFile(new URL(`${name}.gz`, target), gzip);
    await writeFile(new URL(`${name}.br`, target), br);
  }
  const bytes = initial.reduce(
    (sum, name) => sum + (manifest.files[name]?.gzip ?? 0),
    gzipSync(index).length,
  );
  if (bytes > firstLoadLimit) {
    throw new Error(`the first page needs ${bytes} bytes (gzip); it may need ${firstLoadLimit}`);
  }
  const before = await readFile(new URL('manifest.json', target), 'utf8').catch(() => null);
  await writeFile(new URL('index.html', target), index);
  await writeFile(new URL('LICENSES.txt', target), await licences(result));
  await writeFile(new URL('manifest.json', target), `${JSON.stringify(manifest, null, 2)}\n`);
  const old = before === null ? [] : Object.keys((JSON.parse(before) as Manifest).files);
  for (const name of old.filter((each) => !out.has(each))) {
    for (const suffix of ['', '.gz', '.br']) await rm(new URL(name + suffix, target), { force: true });
  }
  console.log(`admin page: ${out.size} files, first load ${(bytes / 1000).toFixed(1)} kB (gzip)`);
}

/** The script, what it imports at once, the styles and the icon: what the first page needs whatever it shows. */
function firstLoad({ metafile }: Built): string[] {
  const names: string[] = [];
  const add = (path: string) => {
    if (names.includes(nameOf(path))) return;
    names.push(nameOf(path));
    for (const used of metafile.outputs[path]?.imports ?? [])
      if (used.kind === 'import-statement') add(used.path);
  };
  for (const entry of Object.values(options.entryPoints)) {
    const found = Object.entries(metafile.outputs).find(
      ([path, output]) => output.entryPoint === entry || (entry.endsWith('.svg') && path.endsWith('.svg')),
    );
    if (!found) throw new Error(`the build made nothing of ${entry}`);
    add(found[0]);
  }
  return names;
}

async function indexPage(initial: readonly string[]): Promise<string> {
  const html = await readFile(new URL('admin/index.html', root), 'utf8');
  const [script = ''] = initial.filter((name) => name.startsWith('app-'));
  const chunks = initial.filter((name) => name.endsWith('.js') && name !== script);
  const preload = chunks.map((name) => `<link rel="modulepreload" href="/${name}" />`).join('\n    ');
  return html
    .replace('%SCRIPT%', `/${script}`)
    .replace('%STYLE%', `/${initial.find((name) => name.endsWith('.css'))}`)
    .replace('%ICON%', `/${initial.find((name) => name.endsWith('.svg'))}`)
    .replace('%PRELOAD%', preload);
}

/** The licences of the packages whose code is in the page, found by what the build has read. */
async function licences({ metafile }: Built): Promise<string> {
  const packages = new Set(
    Object.keys(metafile.inputs).flatMap(
      (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
    ),
  );
  const parts = [...packages].sort().map(async (name) => {
    const folder = new URL(`node_modules/${name}/`, root);
    const { version } = JSON.parse(await readFile(new URL('package.json', folder), 'utf8')) as {
      version: string;
    };
    return `${name} ${version}\n\n${(await readFile(new URL('LICENSE', folder), 'utf8')).trim()}\n`;
  });
  return (await Promise.all(parts)).join(`\n${'-'.repeat(80)}\n\n`);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
