import type { AttemptView } from '../../../src/admin/shapes/delivery.ts';
import { base64Of, bytesOf } from './bytes.ts';
import type { ShownAttempt } from './shown-attempt.ts';

/** What our records show in place of a value that may be a credential. */
const hidden = '[hidden]';
/** Linux takes no argument above 128 KiB; a builtin like printf does. */
const argumentMax = 100_000;
/** curl counts the body and manages the connection itself. */
const ofCurl: ReadonlySet<string> = new Set([
  'content-length',
  'connection',
  'transfer-encoding',
  'keep-alive',
]);
/** What curl adds of its own where the request had none: a name without a value takes it out. */
const addedByCurl = ['accept', 'user-agent', 'content-type', 'expect'];

export interface Curl {
  readonly command: string;
  /** Values are hidden in what was recorded: they have to be put in. */
  readonly hasHidden: boolean;
  /** The body is not kept any more: the command sends none. */
  readonly lacksBody: boolean;
}

/** An attempt's request as a command for bash, zsh and ksh that sends the same bytes, headers and signature. Pure. */
export function curlOf({
  url,
  requestHeaders,
  requestBody,
}: Pick<ShownAttempt, 'url' | 'requestHeaders' | 'requestBody'>): Curl {
  const bytes = requestBody && bytesOf(requestBody);
  const pipe = bytes !== null && needsPipe(bytes);
  const parts = [
    // Without it `[`, `{` in a URL are patterns.
    `curl ${/[[\]{}]/.test(url) ? '--globoff ' : ''}-X POST ${quoted(url)}`,
    ...headerParts(requestHeaders),
    ...(bytes === null ? [] : [`--data-binary ${pipe ? '@-' : quotedBytes(bytes)}`]),
  ];
  const command = parts.join(' \\\n  ');
  return {
    command: pipe ? `printf %s '${base64Of(bytes)}' | base64 -d | ${command}` : command,
    hasHidden: [url, ...requestHeaders.map(([, value]) => value)].some((text) => text.includes(hidden)),
    lacksBody: bytes === null,
  };
}

function headerParts(headers: AttemptView['requestHeaders']): string[] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const sent = headers
    .filter(([name]) => !ofCurl.has(name.toLowerCase()))
    // `name;` is a header without a value; `name:` would leave it out.
    .map(([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`);
  return [...sent, ...addedByCurl.filter((name) => !names.has(name)).map((name) => `-H '${name}:'`)];
}

/** No argument can hold a NUL, nor bytes that are no text in every shell; `@` would name a file. */
function needsPipe(bytes: Uint8Array): boolean {
  return bytes.length > argumentMax || bytes[0] === 0x40 || bytes.includes(0) || textOf(bytes) === undefined;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const quotedBytes = (bytes: Uint8Array): string => quoted(textOf(bytes) ?? '');

/** Whatever a shell or a terminal would act upon, or nobody could see. */
const special = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * A text as one word of a shell: in '…'; with control characters, or such that turn what follows around, in $'…', where each of their bytes is
 * written in octal: three digits, so that what follows cannot be taken for more of them. Pure.
 */
export function quoted(text: string): string {
  if (!special.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = [...text].map((char) => {
    // A quote or ! behind a backslash confuses the history of interactive shells.
    if (special.test(char) || "'\\!".includes(char)) return octal(char);
    return char;
  });
  return `$'${escaped.join('')}'`;
}

const simple: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };

const octal = (char: string): string =>
  simple[char] ??
  [...new TextEncoder().encode(char)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
