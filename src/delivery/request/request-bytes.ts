import type { HeaderList } from '../../wire/dialect.ts';

/** Up to this size a body is copied behind its head: one write costs less than two. */
const copiedMaxBytes = 64 * 1024;

const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What would end a value, or the head (RFC 9110, 5.5), or is more than Latin-1. */
const illegalValue = /[^\t\x20-\x7e\x80-\xff]/;
const illegalPath = /[^\x21-\x7e]/;

/** What was to be sent is no HTTP request. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
}

/**
 * A POST of HTTP/1.1 as it goes over the wire, in one part or two.
 * @throws InvalidRequest for a header that would be read as something else: nothing of it may be sent
 */
export function requestBytes(
  { path, host }: { readonly path: string; readonly host: string },
  headers: HeaderList,
  body: Uint8Array,
): readonly Buffer[] {
  if (illegalPath.test(path)) throw new InvalidRequest('the path has a character that may not be there');
  let head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const [name, value] of headers) {
    if (!headerName.test(name)) throw new InvalidRequest(`${JSON.stringify(name)} is no name of a header`);
    if (illegalValue.test(value)) {
      throw new InvalidRequest(`the value of the header ${name} has a character that may not be there`);
    }
    head += `${name}: ${value}\r\n`;
  }
  head += `content-length: ${body.byteLength}\r\n\r\n`;
  if (body.byteLength > copiedMaxBytes) {
    return [Buffer.from(head, 'latin1'), Buffer.from(body.buffer, body.byteOffset, body.byteLength)];
  }
  const whole = Buffer.allocUnsafe(head.length + body.byteLength);
  whole.write(head, 0, 'latin1');
  whole.set(body, head.length);
  return [whole];
}
