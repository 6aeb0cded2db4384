/** Longer values are refused: receivers bound the size of all headers together, often at 8 KiB. */
export const headerValueMaxLength = 200;

/** Visible ASCII at both ends; within, also space and tab (RFC 9110, 5.5, without obs-text, which nobody decodes alike). */
const legal = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** Whether a text can be sent as the value of an HTTP header as it is, and will be read as it was sent. */
export function isHeaderValue(text: string): boolean {
  return text.length <= headerValueMaxLength && isFieldValue(text);
}

/** The same, of any length: whoever asks bounds it in another way. */
export function isFieldValue(text: string): boolean {
  return legal.test(text);
}
