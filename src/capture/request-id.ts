const setting = `current_setting('rowhook.request_id', true)`;

/** Bytes, in hexadecimal, that are UTF-8 (RFC 3629, section 4). */
const utf8 = `^([0-7].|(c[2-9a-f]|d.)[89ab].|e0[ab].[89ab].|(e[1-9abcef][89ab].|ed[89].)[89ab].|(f0[9ab].|f[123][89ab].|f48.)([89ab].){2})*$`;

/** Looks at no character: a character that is none would raise. */
const bytes = String.raw`decode(replace(${setting}, '\', '\\'), 'escape')`;

/**
 * The request id that the application has set, cut to 1,000 characters; null for none. What is set when a session starts (PGOPTIONS)
 * may be bytes that are no text at all: those are written as octal escapes, for no write may fail (invariant 4).
 */
export const requestId = `case when ${setting} <> '' then case
      when getdatabaseencoding() <> 'UTF8' or encode(${bytes}, 'hex') ~ '${utf8}' then left(${setting}, 1000)
      else left(encode(${bytes}, 'escape'), 1000) end end`;
