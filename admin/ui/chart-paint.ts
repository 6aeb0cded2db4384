import { type ChartSeries, toneVariables } from './chart-series.ts';

/** The colours of a chart as they are now: from the style, which knows of light and dark. */
export interface Palette {
  text: string;
  line: string;
  surface: string;
  of: (tone: ChartSeries['tone']) => string;
}

export function readPalette(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read('--dim'),
    line: read('--line'),
    surface: read('--surface'),
    of: (tone) => read(toneVariables[tone]),
  };
}

/** What fills a bar: its colour, or lines of it on the ground. Not see-through, since bars lie upon each other. */
export function fillOf(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { tone, pattern }: Pick<ChartSeries, 'tone' | 'pattern'>,
): CanvasPattern | string {
  const colour = palette.of(tone);
  if (pattern === undefined || pattern === 'solid') return colour;
  const size = Math.round(6 * devicePixelRatio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (!pen) return colour;
  pen.fillStyle = palette.surface;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = colour;
  pen.lineWidth = 2 * devicePixelRatio;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
    if (pattern === 'cross') {
      pen.moveTo(shift, 0);
      pen.lineTo(shift + size, size);
    }
    pen.stroke();
  }
  return context.createPattern(tile, 'repeat') ?? colour;
}
