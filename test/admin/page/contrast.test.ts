import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const css = readFileSync(new URL('../../../admin/style/tokens.css', import.meta.url), 'utf8');

/** The variables of the block that follows a selector. */
function tokensOf(selector: string): Record<string, string> {
  const start = css.indexOf(`${selector} {`);
  if (start < 0) throw new Error(`no ${selector}`);
  const block = css.slice(start, css.indexOf('}', start));
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]),
  );
}

/** WCAG 2.2: relative luminance of `#rrggbb`. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const grounds = ['ground', 'surface', 'raised', 'sunken', 'hover', 'selected'];
const texts: (readonly [text: string, grounds: readonly string[]])[] = [
  ['text', [...grounds, 'mark', 'ok-ground', 'warn-ground', 'bad-ground', 'info-ground', 'neutral-ground']],
  ['dim', [...grounds, 'neutral-ground']],
  ['link', grounds],
  ['bad', [...grounds, 'bad-ground']],
  ['ok', ['ground', 'surface', 'ok-ground']],
  ['warn', ['ground', 'surface', 'warn-ground']],
  ['info', ['surface', 'info-ground']],
  ['neutral', ['surface', 'neutral-ground']],
  ['on-accent', ['accent', 'accent-hover']],
  ...['key', 'string', 'number', 'word'].map((kind) => [`json-${kind}`, ['sunken', 'surface']] as const),
];
const marks: (readonly [mark: string, grounds: readonly string[]])[] = [
  ['line-strong', ['ground', 'surface', 'raised']],
  ['focus', grounds],
  ...['ok', 'warn', 'bad', '1', '2', '3'].map((name) => [`chart-${name}`, ['surface', 'ground']] as const),
];

for (const [theme, selector] of [
  ['light', ':root'],
  ['dark', ':root[data-theme="dark"]'],
] as const) {
  describe(`the colours of the ${theme} theme`, () => {
    const tokens = tokensOf(selector);
    const judge = (rows: typeof texts, least: number) => {
      for (const [front, backs] of rows) {
        for (const back of backs) {
          const ratio = contrast(tokens[front] ?? '', tokens[back] ?? '');
          expect(ratio, `${front} on ${back}`).to.be.at.least(least);
        }
      }
    };

    it('give each text a contrast of 4.5 to 1 on its ground', () => judge(texts, 4.5));
    it('give whatever marks a control or a line of a chart 3 to 1', () => judge(marks, 3));
  });
}

describe('the dark theme', () => {
  it('is the same by choice and by the system', () => {
    const chosen = tokensOf(':root[data-theme="dark"]');
    expect(chosen).to.deep.equal(tokensOf(':root:not([data-theme="light"])'));
    expect(Object.keys(chosen)).to.have.length.above(35);
  });
});
