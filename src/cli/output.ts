/** What a command has to say, for eyes or for programs. */
export interface Output {
  readonly json: boolean;
  /** One JSON object or array on stdout with --json, else the text. */
  show(value: unknown, text: () => string): void;
}

export function createOutput(json: boolean, write: (text: string) => void): Output {
  return {
    json,
    show(value, text) {
      write(json ? `${JSON.stringify(value, null, 2)}\n` : withLineEnd(text()));
    },
  };
}

const withLineEnd = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** A cell of a table; times are shown in ISO 8601. */
export type Cell = string | number | boolean | Date | null | undefined;

/**
 * Rows in aligned columns under their headings; `none` where there are no rows.
 * @param columns heading and the cell that a row has under it
 */
export function table<Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => Cell>>,
  none: string,
): string {
  if (rows.length === 0) return none;
  const headings = Object.keys(columns);
  const lines = [headings, ...rows.map((row) => Object.values(columns).map((cell) => cellText(cell(row))))];
  const widths = headings.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values below each other, the values aligned. */
export function sheet(entries: ReadonlyArray<readonly [name: string, value: Cell]>): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}`.trimEnd()).join('\n');
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '-';
  const text = cell instanceof Date ? cell.toISOString() : String(cell);
  // Descriptions and the like come from people: a line end or an escape sequence would take over the terminal.
  return text.replace(/\p{Cc}/gu, ' ');
}

export { plainTable } from '../catalog/table-name.ts';
