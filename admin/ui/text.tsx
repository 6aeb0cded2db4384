import { visiblePieces } from '../data/visible-text.ts';

/**
 * Text of somebody else (a URL, a description, a header, a body): isolated, so that its direction turns nothing around it, and with its
 * invisible characters shown by number.
 */
export function Text({ children, mono }: { children: string; mono?: boolean | undefined }) {
  const pieces = visiblePieces(children);
  const only = pieces.length === 1 && !pieces[0]?.hidden;
  return (
    <bdi class={mono ? 'mono' : undefined}>
      {only
        ? pieces[0]?.text
        : pieces.map((piece) => (piece.hidden ? <Unseen text={piece.text} /> : piece.text))}
    </bdi>
  );
}

/** A character that cannot be seen, by its number. */
export function Unseen({ text }: { text: string }) {
  return <span class="unseen-character">{text}</span>;
}
