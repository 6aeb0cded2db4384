import { expect } from 'chai';
import { visiblePieces } from '../../../admin/data/visible-text.ts';

const shown = (text: string) =>
  visiblePieces(text)
    .map((piece) => (piece.hidden ? `[${piece.text}]` : piece.text))
    .join('');

describe('text of somebody else', () => {
  it('stays as it is where all of it can be seen', () => {
    const text = 'a\tb\nc  é 漢字 עברית 👍🏽';
    expect(visiblePieces(text)).to.deep.equal([{ text, hidden: false }]);
  });

  it('shows what would turn it around, or hide in it, by number', () => {
    expect(shown('exe.\u202egnp')).to.equal('exe.[U+202E]gnp');
    expect(shown('a\u200bb\u2066c\u2069\ufeff')).to.equal('a[U+200B]b[U+2066]c[U+2069][U+FEFF]');
    expect(shown('\u0000\u001b[2J\u007f\u009b')).to.equal('[U+0000][U+001B][2J[U+007F][U+009B]');
    expect(shown('x\u{e0041}y')).to.equal('x[U+E0041]y');
  });

  it('takes the line end of Windows for one, and shows a carriage return that stands alone', () => {
    expect(shown('a\r\nb')).to.equal('a\nb');
    expect(shown('a\rb')).to.equal('a[U+000D]b');
  });

  it('may be nothing', () => {
    expect(visiblePieces('')).to.deep.equal([]);
  });
});
