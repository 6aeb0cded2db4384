/** Drawn two columns wide by terminals. */
const wide =
  /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}/u;
/** Takes no column of its own. */
const combining = /\p{Mark}|\u200d|\ufe0f/u;

/** Columns that a text takes in a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += combining.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

/** The text on one line, in at most so many columns; what is cut off is marked with an ellipsis. */
export function clip(text: string, width: number): string {
  const plain = harmless(text);
  if (widthOf(plain) <= width) return plain;
  let clipped = '';
  for (const character of plain) {
    if (widthOf(clipped + character) > width - 1) break;
    clipped += character;
  }
  return width > 0 ? `${clipped}…` : '';
}

/** Clips, or fills with blanks, to exactly so many columns. */
export function fill(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const clipped = clip(text, width);
  const blanks = ' '.repeat(Math.max(0, width - widthOf(clipped)));
  return side === 'left' ? clipped + blanks : blanks + clipped;
}

/** Without what would move the cursor or change colours: names come from whoever fills in a form. */
function harmless(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(/\p{Cc}|\p{Cf}(?<!\u200d)/gu, '');
}

/** `17:42:10`, in the machine's own time. */
export function clockText(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

/** `00:12:04` for a span of time. */
export function spanText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((n) => String(n).padStart(2, '0')).join(':');
}
