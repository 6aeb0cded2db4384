/** A piece of a sentence that the server made: text, a moment in it (to be shown in the viewer's zone), the id of something, or a command. */
export interface WordPiece {
  readonly kind: 'text' | 'time' | 'id' | 'command';
  readonly text: string;
}

const parts =
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|`[^`\n]+`|(?:^|(?<=: ))rowhook [^\n]*$/g;

/** Finds moments, ids and commands in a sentence, and calls an endpoint what the page calls it: a webhook. Pure. */
export function wordPieces(sentence: string): WordPiece[] {
  const pieces: WordPiece[] = [];
  let from = 0;
  for (const { 0: found, index } of sentence.matchAll(parts)) {
    if (index > from) pieces.push(textPiece(sentence.slice(from, index)));
    if (/^\d{4}-\d\d-\d\dT/.test(found)) pieces.push({ kind: 'time', text: found });
    else if (/^[0-9a-f]{8}-/.test(found)) pieces.push({ kind: 'id', text: found });
    else pieces.push({ kind: 'command', text: found.replace(/^`(.*)`$/, '$1') });
    from = index + found.length;
  }
  if (from < sentence.length) pieces.push(textPiece(sentence.slice(from)));
  return pieces;
}

/** Where the page does what a command does; null: it cannot, and the command is shown to be copied. Pure. */
export function placeOfCommand(
  command: string,
): { readonly page: 'webhook' | 'redeliver' | 'delivery'; readonly id: string } | null {
  const [, webhook] = /^rowhook endpoints (?:resume|enable) (\d+)$/.exec(command) ?? [];
  if (webhook !== undefined) return { page: 'webhook', id: webhook };
  const [, verb, id] = /^rowhook (deliveries redeliver|explain) ([0-9a-f-]{36})$/.exec(command) ?? [];
  return id === undefined ? null : { page: verb === 'explain' ? 'delivery' : 'redeliver', id };
}

/** An answer about several webhooks, in its parts: what holds for all, then each. Pure. */
export function answerParts(answer: string): string[] {
  return answer.split(/; (?=endpoint \d+ |[\d,]+ others? (?:has|have) not )/);
}

function textPiece(text: string): WordPiece {
  const words = text.replace(
    /\b(an |An )?([Ee])ndpoint(s?)\b/g,
    (_, article: string | undefined, e: string, s: string) => {
      const noun = `${e === 'E' ? 'W' : 'w'}ebhook${s}`;
      return article === undefined ? noun : `${article.replace('n', '')}${noun}`;
    },
  );
  return { kind: 'text', text: words };
}
