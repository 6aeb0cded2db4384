import type { Admin } from '../../../src/admin/admin.ts';
import { waitUntil } from '../../support/wait.ts';

export interface Heard {
  readonly id: string;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it listens to
  readonly data: any;
}

export interface Listening {
  readonly heard: readonly Heard[];
  /** Everything that came, comments too. */
  readonly text: () => string;
  /** Waits for the first event that is like that. */
  until(what: string, like: (heard: Heard) => boolean): Promise<Heard>;
  /** Resolves when the server has ended it: undefined, or the error. */
  readonly ended: Promise<Error | undefined>;
  leave(): Promise<void>;
}

/** Listens to what an admin tells, as a page does. */
export async function listen(
  admin: Pick<Admin, 'fetch'>,
  query = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<Listening> {
  const request = new Request(`http://app.test/api/v1/live${query}`, {
    headers: { 'x-rowhook': '1', ...headers },
  });
  const response = await admin.fetch(request);
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return follow(response.body as ReadableStream<Uint8Array>);
}

export function follow(stream: ReadableStream<Uint8Array>): Listening {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const heard: Heard[] = [];
  let all = '';
  let rest = '';
  const read = async (): Promise<Error | undefined> => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        const text = decoder.decode(value, { stream: true });
        all += text;
        const parts = (rest + text).split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) {
          const fields = new Map(part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line]));
          const field = (name: string) => fields.get(name)?.slice(name.length + 2) ?? '';
          if (fields.has('data'))
            heard.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) });
        }
      }
    } catch (error) {
      return error as Error;
    }
  };
  const ended = read();
  return {
    heard,
    text: () => all,
    until: (what, like) => waitUntil(() => heard.find(like), { what }),
    ended,
    leave: () => reader.cancel(),
  };
}
