import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../', import.meta.url));

/** It talks to nobody but the page under test, and leaves the graphics card alone. */
const flags = [
  ...['--no-sandbox', '--headless=shell', '--disable-gpu', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
];

const unpack = `import chromium from '@sparticuz/chromium'; await chromium.executablePath();`;

/** So that pages look the same wherever the browser runs: its own font for texts, the machine's for the rest. */
const fontsConfig = (fonts: string, cache: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${cache}</cachedir>
  ${['system-ui', 'sans-serif', 'Arial'].map((name) => `<alias binding="strong"><family>${name}</family><prefer><family>Open Sans</family></prefer></alias>`).join('\n  ')}
  <alias binding="strong"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;

/**
 * Starts the Chromium of the npm registry, without a window. On other systems than Linux ROWHOOK_TEST_CHROMIUM names one to use.
 * @throws Error when it cannot be unpacked or started
 */
export async function launchChromium(): Promise<Browser> {
  const given = process.env.ROWHOOK_TEST_CHROMIUM;
  if (given) return chromium.launch({ executablePath: given, args: flags });
  const folder = await unpacked();
  const env = { ...process.env, FONTCONFIG_FILE: join(folder, 'rowhook-fonts.conf') } as Record<
    string,
    string
  >;
  return chromium.launch({ executablePath: join(folder, 'chromium'), args: flags, env });
}

/**
 * The folder with the browser, unpacked once per machine. Its own way of unpacking takes a half-written file of another process for a
 * whole one; a folder that is renamed when it is done is there or not.
 */
async function unpacked(): Promise<string> {
  const manifest = join(root, 'node_modules/@sparticuz/chromium/package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const folder = join(tmpdir(), `rowhook-chromium-${version}-${process.getuid?.() ?? 0}`);
  if (existsSync(folder)) return folder;
  const made = await mkdtemp(join(tmpdir(), 'rowhook-unpacking-'));
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', unpack], {
      cwd: dirname(manifest),
      env: { ...process.env, TMPDIR: made },
    });
    await writeFile(
      join(made, 'rowhook-fonts.conf'),
      fontsConfig(join(folder, 'fonts'), join(folder, 'fonts-cache')),
    );
    await rename(made, folder);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    // Another process was faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
