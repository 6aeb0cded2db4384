import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** A part of the form under a heading. */
export function Section({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class="form-section" aria-labelledby={id}>
      <h2 id={id}>
        {title}
        {aside}
      </h2>
      {children}
    </section>
  );
}
