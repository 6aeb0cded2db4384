/** One event of a stream of server-sent events. */
export interface ServerEvent {
  event: string;
  data: string;
}

/**
 * Takes the text of a stream in pieces, cut anywhere, and returns the events that are complete by then
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html, without `id` and `retry`).
 */
export function eventReader(): (piece: string) => ServerEvent[] {
  let rest = '';
  let event = '';
  let data: string[] = [];
  return (piece) => {
    const done: ServerEvent[] = [];
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (data.length > 0) done.push({ event: event || 'message', data: data.join('\n') });
        event = '';
        data = [];
        continue;
      }
      const [name, value] = fieldOf(line);
      if (name === 'event') event = value;
      else if (name === 'data') data.push(value);
    }
    return done;
  };
}

/** `name: value`; a line that begins with a colon is a comment: its name is empty. */
function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}
