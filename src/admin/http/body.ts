import type { MiddlewareHandler } from 'hono';
import { RowhookError } from '../../errors.ts';

/**
 * Reads the body before anything looks at it, up to so many bytes, whatever Content-Length says of it.
 * @throws RowhookError `body_too_large`
 */
export const boundedBody =
  (most: number): MiddlewareHandler =>
  async (c, next) => {
    const { method, body, headers } = c.req.raw;
    if (method !== 'GET' && method !== 'HEAD' && body !== null) {
      if (Number(headers.get('content-length') ?? 0) > most) throw tooLarge(most);
      // Whatever reads the body then finds it here; the stream itself is used up. Its published type is not that of what the kit keeps.
      const bytes = await bytesOf(body, most);
      c.req.bodyCache.arrayBuffer = Promise.resolve(bytes) as unknown as ArrayBuffer;
    }
    await next();
  };

async function bytesOf(body: ReadableStream<Uint8Array>, most: number): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > most) throw tooLarge(most);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes.buffer;
}

const tooLarge = (most: number): RowhookError =>
  new RowhookError('body_too_large', `the body has more than ${most} bytes`, { fix: 'Send less.' });
