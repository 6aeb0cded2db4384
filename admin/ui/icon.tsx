/** Drawn on a grid of 16 by 16, with strokes of 1.5. */
const drawings = {
  overview: 'M2 13.5h12M4 11V7m4 4V3m4 8V5.5',
  webhook:
    'M6.2 4.7a2.3 2.3 0 1 1 3.6 1.9L12 10.5m-6.5-.2 2.2-3.7M12 13.5a2.2 2.2 0 1 0-1.7-3.5M5.5 11.5h5M5.7 12a2.2 2.2 0 1 1-1.9-3.2',
  delivery: 'M1.5 8h9m0 0L7 4.5M10.500 8 7 11.500M13.5 3v10',
  event: 'M8.700 1.500 3 9h4.500l-.500 5.500L13 7H8.300z',
  bulk: 'M3 4h10M3 8h10M3 12h6',
  audit: 'M4 1.500h6l3 3v10H4zM6.500 8h4M6.500 11h4',
  more: 'M3 8a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M7.500 8a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M12 8a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0',
  close: 'm4 4 8 8m0-8-8 8',
  copy: 'M5.500 5.500h8v8h-8zM3.500 10.500h-1v-8h8v1',
  check: 'm3 8.500 3.500 3.500L13 4.500',
  warning: 'M8 2 1.500 13.500h13zM8 6.500v3.500m0 2v.01',
  error: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM8 4.500V8.500m0 2.500v.01',
  info: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM8 7.500v4m0-6.500v-.01',
  search: 'M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zm3.300 7.800L14 14',
  plus: 'M8 3v10M3 8h10',
  pause: 'M5.500 3v10m5-10v10',
  play: 'M5 2.500v11l8-5.500z',
  repeat: 'M13 8a5 5 0 1 1-1.700-3.800M13 2v3h-3',
  chevron: 'm4 6 4 4 4-4',
  back: 'M10 3 5 8l5 5',
  next: 'm6 3 5 5-5 5',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1m8 8 1 1M3 13l1-1m8-8 1-1',
  moon: 'M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7z',
  system: 'M2 2.500h12v8.500H2zM6 14h4m-2-3v3',
  keyboard: 'M1.500 4h13v8.500h-13zM4 7h.01M7 7h.01M10 7h.01M12.500 7h.01M5 10h6',
  out: 'M6 2.500H2.500v11H6M6.500 8h7m0 0L11 5.500M13.500 8 11 10.500',
  key: 'M10.500 2a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM8 8l-6 6m2-2 1.500 1.500',
  trash: 'M2.500 4h11M6 4V2h4v2m-5.500 0 .7 10h5.600l.7-10',
  edit: 'm2.500 13.500.700-3L10.500 3.200l2.300 2.300-7.300 7.300z',
  external: 'M9 2.500h4.500V7m0-4.500L7.500 8.500M12 9.500v4H2.500V4h4',
  filter: 'M2 3h12L9.500 8.500V13l-3-1.500V8.500z',
} as const;

export type IconName = keyof typeof drawings;

/** A drawing beside words; it says nothing by itself, so whatever holds it has a name. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number | undefined }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={drawings[name]} />
    </svg>
  );
}
