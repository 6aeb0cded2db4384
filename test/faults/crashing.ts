import { Socket } from 'node:net';

/*
 * Loaded before a daemon: it dies, without a word, of sending a certain text to a certain port. ROWHOOK_TEST_CRASH is `port:text`.
 */
const [, port, text = ''] = /^(\d+):(.*)$/s.exec(process.env.ROWHOOK_TEST_CRASH ?? '') ?? [];
const { write } = Socket.prototype;

Socket.prototype.write = function (this: Socket, ...given: Parameters<typeof write>) {
  const [chunk] = given;
  if (this.remotePort === Number(port) && Buffer.from(chunk as string | Uint8Array).includes(text)) {
    process.kill(process.pid, 'SIGKILL');
  }
  return write.apply(this, given);
} as typeof write;
