/** An object or a list that the walk is in. */
interface Frame {
  readonly isObject: boolean;
  /** Where the member begins that the walk is in, with the comma before it. */
  start: number;
  /** A member before this one stays. */
  kept: boolean;
  /** The member that the walk is in goes. */
  goes: boolean;
}

/**
 * JSON without the members of these names, wherever they are; all else stays as it is, to the byte: a number beyond 2^53 would
 * not survive being parsed. Pure.
 * @param text valid JSON
 * @param isCut is asked for each name, unescaped, and whether it is one of the outermost object
 */
export function withoutMembers(text: string, isCut: (name: string, outermost: boolean) => boolean): string {
  const kept: string[] = [];
  const frames: Frame[] = [];
  let from = 0;
  // Inside a member that goes nothing is looked at.
  let going = false;

  const endMember = (at: number, isLast: boolean): void => {
    const frame = frames.at(-1)!;
    if (!frame.goes) {
      frame.kept ||= frame.isObject;
    } else {
      going = false;
      // With the comma before it; the first one with the comma behind it.
      kept.push(text.slice(from, frame.start));
      from = frame.kept || isLast ? at : at + 1;
      frame.goes = false;
    }
    frame.start = frame.kept ? at : at + 1;
  };

  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '"': {
        const end = stringEnd(text, i);
        const frame = frames.at(-1);
        if (frame?.isObject && !going && isName(text, end)) {
          going = isCut(JSON.parse(text.slice(i, end)), frames.length === 1);
          frame.goes = going;
        }
        i = end - 1;
        break;
      }
      case '{':
      case '[':
        frames.push({ isObject: text[i] === '{', start: i + 1, kept: false, goes: false });
        break;
      case ',':
        endMember(i, false);
        break;
      case '}':
      case ']':
        endMember(i, true);
        frames.pop();
        break;
    }
  }
  return from === 0 ? text : kept.join('') + text.slice(from);
}

/** Behind the closing quote of the string that begins here. */
function stringEnd(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}

/** A string before a colon names a member. */
function isName(text: string, end: number): boolean {
  let i = end;
  while (' \t\n\r'.includes(text[i] ?? '.')) i += 1;
  return text[i] === ':';
}
