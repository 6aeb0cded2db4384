/** Where the live view is shown. */
export interface Screen {
  /** Adds lines below those that there are. `lines` is called again when the width changes. */
  add(lines: (width: number) => string[]): void;
  /** Draws what has changed beside the lines. */
  refresh(): void;
  /** Leaves what is shown as it is, and gives the terminal back. Safe to call twice. */
  close(): void;
}

export interface Frame {
  /** Above and below the lines, for a terminal of this size. */
  top(width: number, height: number): string[];
  bottom(width: number): string[];
}

/** Columns that plain lines are laid out for, when they go to a file or a pipe. */
const plainWidth = 120;

/** Lines one after the other, for pipes, files and terminals that can do no more. */
export function plainScreen(output: NodeJS.WritableStream, frame: Frame): Screen {
  let started = false;
  return {
    add(lines) {
      const top = started ? [] : frame.top(plainWidth, Number.POSITIVE_INFINITY);
      started = true;
      output.write([...top, ...lines(plainWidth), ''].join('\n'));
    },
    refresh() {},
    close() {},
  };
}

// A line that is too long, as a command in a narrow terminal, is cut off instead of pushing the others down.
const cutLines = '\x1b[?7l';
const wrapLines = '\x1b[?7h';
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const home = '\x1b[H';
const clearLine = '\x1b[2K';
const keptLines = 500;

/**
 * A frame that stays in place, with the last lines in the middle. The whole of it is written anew each time, in one write: that
 * is simple, right after any change of the terminal's size, and little at this rate.
 */
export function terminalScreen(output: NodeJS.WriteStream, frame: Frame): Screen {
  const kept: Array<(width: number) => string[]> = [];
  let closed = false;
  const draw = (): void => {
    const [width, height] = [output.columns || 80, output.rows || 24];
    const [top, bottom] = [frame.top(width, height), frame.bottom(width)];
    const room = Math.max(0, height - top.length - bottom.length);
    const middle = kept
      .slice(-room || kept.length)
      .flatMap((lines) => lines(width))
      .slice(-room || kept.length);
    const blank = Array.from({ length: Math.max(0, room - middle.length) }, () => '');
    const rows = [...top, ...(room > 0 ? middle : []), ...blank, ...bottom].slice(0, height);
    // Cleared before it is written: after a full line the cursor waits on its last character, which a clearing would take away.
    output.write(cutLines + home + rows.map((row) => clearLine + row).join('\r\n') + wrapLines);
  };
  const restore = (): void => {
    output.write(showCursor);
  };
  // What the terminal shows now moves up into its history.
  output.write(hideCursor + '\n'.repeat(output.rows || 24));
  output.on('resize', draw);
  process.on('exit', restore);
  draw();
  return {
    add(lines) {
      kept.push(lines);
      if (kept.length > keptLines) kept.shift();
      draw();
    },
    refresh: draw,
    close() {
      if (closed) return;
      closed = true;
      draw();
      output.off('resize', draw);
      process.off('exit', restore);
      output.write(`${showCursor}\n`);
    },
  };
}
