import type { BodyView } from '../../../src/admin/shapes/delivery.ts';
import { base64Of, bytesOf, hexDump } from './bytes.ts';
import { type JsonPiece, prettyJson, prettyText } from './json-pretty.ts';

export const forms = ['pretty', 'raw', 'hex', 'base64'] as const;
export type BodyForm = (typeof forms)[number];

/** So many characters are shown at once: more costs the page more than it tells who reads it. */
export const shownMax = 24_000;
/** Up to here JSON is coloured: each colour is an element. */
const colouredMax = 60_000;
/** All of a long text is shown in stretches, of which the browser lays out only those in view. */
const stretch = 8_000;

export interface ShownBody {
  /** Coloured JSON; else null, and the text is in stretches. */
  readonly pieces: readonly JsonPiece[] | null;
  readonly stretches: readonly string[];
  readonly isCut: boolean;
}

/** The forms that a body can be shown in, the best one first. `cut`: it is the beginning of a longer one. Pure. */
export function formsOf(body: BodyView, cut: boolean): readonly BodyForm[] {
  if (body.text === null) return ['hex', 'base64'];
  const json = prettyJson(body.text, shownMax);
  // JSON that is broken off is none, unless we broke it off ourselves.
  return json && (cut || !json.isUnfinished) ? ['pretty', 'raw', 'hex'] : ['raw', 'hex'];
}

/** A body in one of its forms. @param all false: its beginning, where it is long. Pure */
export function shownBody(body: BodyView, form: BodyForm, all: boolean): ShownBody {
  const max = all ? Number.POSITIVE_INFINITY : shownMax;
  if (form === 'pretty' && body.text !== null) return shownJson(body.text, max);
  if (form === 'raw' && body.text !== null) return plain(cutText(body.text, max), body.text.length);
  const bytes = bytesOf(body);
  if (form === 'base64') {
    const text = body.base64 ?? base64Of(bytes);
    return plain(text.slice(0, max), text.length);
  }
  // A line of the dump shows 16 bytes in 75 characters.
  const shown = bytes.subarray(0, all ? bytes.length : Math.floor(max / 75) * 16);
  return { ...plain(hexDump(shown), 0), isCut: shown.length < bytes.length };
}

function shownJson(text: string, max: number): ShownBody {
  const json = text.length <= colouredMax || max < text.length ? prettyJson(text, max) : undefined;
  const pieces = json?.pieces.map((piece) =>
    piece.text.length > max ? { ...piece, text: cutText(piece.text, max) } : piece,
  );
  const length = pieces?.reduce((sum, piece) => sum + piece.text.length, 0) ?? 0;
  if (json && pieces && length <= colouredMax) {
    const isCut = json.isCut || pieces.some((piece, i) => piece !== json.pieces[i]);
    return { pieces, stretches: [], isCut };
  }
  const whole = pieces?.map((piece) => piece.text).join('') ?? prettyText(text) ?? text;
  return plain(cutText(whole, max), whole.length);
}

const plain = (text: string, length: number): ShownBody => ({
  pieces: null,
  stretches: stretchesOf(text),
  isCut: text.length < length,
});

/** Not within a pair of surrogates. */
function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  return text.slice(0, /[\ud800-\udbff]/.test(text[max - 1] ?? '') ? max - 1 : max);
}

/** Cut behind line ends where there are any, else anywhere. */
function stretchesOf(text: string): string[] {
  const stretches: string[] = [];
  for (let from = 0; from < text.length; ) {
    const rest = cutText(text.slice(from, from + stretch + 1), stretch);
    const isLast = from + rest.length >= text.length;
    const end = isLast ? -1 : rest.lastIndexOf('\n');
    const piece = end > stretch / 2 ? rest.slice(0, end + 1) : rest;
    stretches.push(piece);
    from += piece.length;
  }
  return stretches;
}
