/** A piece of a text: as it is, or a character that cannot be seen, by its number (`U+202E`). */
export interface TextPiece {
  text: string;
  hidden: boolean;
}

/**
 * Controls and format characters that change how the text around them looks: C0 and C1 but tab and line feed, soft hyphen, zero-width and
 * bidi controls (Trojan Source, CVE-2021-42574), tags.
 */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Cuts a text of somebody else's so that each character that would not be seen can be shown. `\r\n` counts as a line's end. */
export function visiblePieces(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  const plain = text.replaceAll('\r\n', '\n');
  let from = 0;
  for (const found of plain.matchAll(hidden)) {
    if (found.index > from) pieces.push({ text: plain.slice(from, found.index), hidden: false });
    const number = found[0].codePointAt(0) ?? 0;
    pieces.push({ text: `U+${number.toString(16).toUpperCase().padStart(4, '0')}`, hidden: true });
    from = found.index + found[0].length;
  }
  if (from < plain.length) pieces.push({ text: plain.slice(from), hidden: false });
  return pieces;
}
