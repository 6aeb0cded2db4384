export interface Viewport {
  /** Pixels that are scrolled away above. */
  readonly scrollTop: number;
  /** Pixels that are seen. */
  readonly height: number;
  readonly rowHeight: number;
  readonly total: number;
}

/** Rows beyond each edge that are drawn too, so that fast scrolling shows no emptiness. */
const beyond = 12;

/** Which rows are drawn: a bounded number, however long the list. `to` is not among them. Pure. */
export function rowsInView({ scrollTop, height, rowHeight, total }: Viewport): { from: number; to: number } {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const last = Math.ceil((Math.max(0, scrollTop) + height) / rowHeight);
  const to = Math.min(total, last + beyond);
  return { from: Math.max(0, Math.min(first - beyond, to)), to };
}

/** Where to scroll so that a row is seen in full; the place as it is when it already is. Pure. */
export function scrollTopFor(index: number, { scrollTop, height, rowHeight }: Viewport): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}

/** Whether the end is near enough to ask for more. Pure. */
export function isNearEnd({ scrollTop, height, rowHeight, total }: Viewport): boolean {
  return scrollTop + height * 2 >= total * rowHeight;
}
