/** Something of the height of what is coming, so that nothing jumps when it comes. `height` in CSS: `12rem`. */
export function Skeleton({ height, lines }: { height?: string | undefined; lines?: number | undefined }) {
  if (height !== undefined) return <div class="skeleton" style={{ height }} aria-hidden="true" />;
  return (
    <div class="skeleton-lines" aria-hidden="true">
      {Array.from({ length: lines ?? 3 }, (_, index) => (
        <span key={index} class="skeleton line" />
      ))}
    </div>
  );
}
