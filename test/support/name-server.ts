import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

export type Question = 'A' | 'AAAA' | 'other';

/** What is said of a name: its addresses of both kinds, or the name that it is another one of (CNAME). */
export type Answer = readonly string[] | { readonly cname: string } | 'no such name' | 'failure' | 'silence';

/** A name server on loopback, over UDP, that knows what it is told. */
export interface NameServer {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** All questions so far: `A hooks.example`. */
  readonly asked: readonly string[];
  /** From now on; a list of answers is gone through question by question of each kind, the last one stays. */
  set(name: string, ...answers: readonly Answer[]): void;
  close(): Promise<void>;
}

const typeOf: Readonly<Record<number, Question>> = { 1: 'A', 28: 'AAAA' };
const cnameType = 5;

export async function startNameServer(): Promise<NameServer> {
  const zone = new Map<string, readonly Answer[]>();
  const asked: string[] = [];
  const times = new Map<string, number>();
  const socket = createSocket('udp4');

  const answerOf = (name: string, type: Question): Answer => {
    const answers = zone.get(name);
    if (!answers) return 'no such name';
    const question = `${type} ${name}`;
    const n = times.get(question) ?? 0;
    times.set(question, n + 1);
    return answers[Math.min(n, answers.length - 1)] ?? 'no such name';
  };

  /** The records of an answer, along the chain of its other names. */
  const recordsOf = (name: string, type: Question): readonly Buffer[] | Exclude<Answer, object> => {
    const answer = answerOf(name, type);
    if (typeof answer === 'string') return answer;
    if ('cname' in answer) {
      const further = recordsOf(answer.cname, type);
      return [record(name, cnameType, encodeName(answer.cname)), ...(Array.isArray(further) ? further : [])];
    }
    const family = type === 'A' ? 4 : 6;
    return answer
      .filter((address) => isIP(address) === family && type !== 'other')
      .map((address) => record(name, type === 'A' ? 1 : 28, bytesOf(address)));
  };

  socket.on('message', (message, { port, address }) => {
    const { name, end } = readName(message, 12);
    const type = typeOf[message.readUInt16BE(end)] ?? 'other';
    asked.push(`${type} ${name}`);
    const records = recordsOf(name.toLowerCase(), type);
    if (records === 'silence') return;
    const list = Array.isArray(records) ? records : [];
    const header = Buffer.alloc(12);
    message.copy(header, 0, 0, 2);
    // An answer, with recursion; 3: there is no such name, 2: the server fails.
    header.writeUInt16BE(0x8180 | (records === 'no such name' ? 3 : records === 'failure' ? 2 : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(list.length, 6);
    socket.send(Buffer.concat([header, message.subarray(12, end + 4), ...list]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');

  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    set(name, ...answers) {
      zone.set(name, answers);
      for (const type of Object.values(typeOf)) times.delete(`${type} ${name}`);
    },
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
}

/** Of class IN; valid for no time at all, so that nobody may keep it. */
function record(name: string, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(name), head, data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const partsOf = (text: string | undefined) => (text ? text.split(':') : []);
  const missing = 8 - partsOf(head).length - partsOf(tail).length;
  const parts = [...partsOf(head), ...Array(tail === undefined ? 0 : missing).fill('0'), ...partsOf(tail)];
  return Buffer.from(
    parts.flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]),
  );
}
