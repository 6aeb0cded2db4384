import type { BodyView } from '../../../src/admin/shapes/delivery.ts';

/** The bytes of a body, as they went over the wire. Pure. */
export function bytesOf({ text, base64 }: Pick<BodyView, 'text' | 'base64'>): Uint8Array {
  return base64 === null ? new TextEncoder().encode(text ?? '') : bytesOfBase64(base64);
}

export function bytesOfBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

export function base64Of(bytes: Uint8Array): string {
  let binary = '';
  // In pieces: so many arguments as a megabyte has are too many.
  for (let from = 0; from < bytes.length; from += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(from, from + 8_192));
  }
  return btoa(binary);
}

/** Lines of 16 bytes: place, hex, and the ASCII among them. Pure. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let from = 0; from < bytes.length; from += 16) {
    const row = [...bytes.subarray(from, from + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0'));
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
    const columns = `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`.padEnd(49);
    lines.push(`${from.toString(16).padStart(6, '0')}  ${columns} ${ascii}`);
  }
  return lines.join('\n');
}
