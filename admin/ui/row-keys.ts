/** Puts the focus onto the link of the next row (or, with -1, the one before); on the first one when none has it. */
export function moveRow(body: HTMLElement | null, by: 1 | -1): void {
  const links = [...(body?.querySelectorAll<HTMLElement>('.row-link') ?? [])];
  const row = document.activeElement?.closest('tr') ?? body?.querySelector('tr[aria-current]') ?? null;
  const index = links.findIndex((link) => row?.contains(link));
  const to = index < 0 ? 0 : Math.min(links.length - 1, Math.max(0, index + by));
  links[to]?.focus();
  links[to]?.scrollIntoView({ block: 'nearest' });
}
