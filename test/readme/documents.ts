import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../cli/built-package.ts';

/** A fenced block of a Markdown text. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The file that the line before names in bold: **`catalog.js`**. */
  readonly file: string | undefined;
  /** The nearest heading above, without its marks. */
  readonly heading: string;
}

/** README.md and all of docs/, by their paths in the repository. */
export async function documents(): Promise<string[]> {
  const docs = await readdir(join(root, 'docs'));
  return ['README.md', ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
}

export const readDocument = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let file: string | undefined;
  let open: { language: string; lines: string[] } | undefined;
  for (const line of markdown.split('\n')) {
    const fence = /^```(\w*)$/.exec(line);
    if (open && !fence) open.lines.push(line);
    else if (open) {
      blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, file, heading });
      open = undefined;
      file = undefined;
    } else if (fence) open = { language: fence[1]!, lines: [] };
    else if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
    else if (line !== '') file = /^\*\*`(.+)`\*\*$/.exec(line)?.[1];
  }
  return blocks;
}
