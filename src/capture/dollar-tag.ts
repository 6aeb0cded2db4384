/** A quote for a text that may hold anything: `$name$`, or the first of `$name1$`, `$name2$`, ... that it does not hold. Pure. */
export function dollarTag(name: string, text: string): string {
  for (let i = 0; ; i++) {
    const tag = `$${name}${i === 0 ? '' : i}$`;
    if (!text.includes(tag)) return tag;
  }
}
