import type { BodyView } from '../shapes/delivery.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text where they are UTF-8, else in base64: nothing is replaced, so that what is shown is what was there. Pure. */
export function bodyView(body: string | Uint8Array): BodyView;
export function bodyView(body: string | Uint8Array | null): BodyView | null;
export function bodyView(body: string | Uint8Array | null): BodyView | null {
  if (body === null) return null;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const text = typeof body === 'string' ? body : textOf(bytes);
  return {
    text: text ?? null,
    base64: text === undefined ? Buffer.from(bytes).toString('base64') : null,
    bytes: bytes.length,
  };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
