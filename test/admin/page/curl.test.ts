import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { curlOf, quoted } from '../../../admin/pages/deliveries/curl.ts';
import type { BodyView } from '../../../src/admin/shapes/delivery.ts';

const run = promisify(execFile);

const bodyOf = (bytes: Buffer): BodyView => {
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  return {
    text: isText ? text : null,
    base64: isText ? null : bytes.toString('base64'),
    bytes: bytes.length,
  };
};

const hostile =
  'it\'s "$HOME" `id` $(id) \\ \\n ! !! %s %% * ? ~ # & | ; < > é 漢 🙂 \u202e\u0007\u001b[31m\u0085\ttab\nline\r\n\\\'!x\u00017';

describe('a request as a curl command', () => {
  it('gives the shell every character as it is', async () => {
    for (const text of ['plain', '', hostile, `-${hostile}`, "''", "'\n'", '$', '\n7', '\u202e777']) {
      const { stdout } = await run('bash', ['-c', `printf %s ${quoted(text)}`]);
      expect(stdout).to.equal(text);
    }
  });

  it('shows in the command nothing that acts on a terminal or turns the text around', () => {
    expect(quoted(hostile)).to.match(/^[\x20-\x7eé漢🙂]+$/u);
  });

  it('sends the same bytes and headers', async () => {
    const everyByte = Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256));
    const bodies = [
      Buffer.from(hostile),
      everyByte,
      Buffer.from('@/etc/passwd'),
      Buffer.from('a\0b'),
      Buffer.from('\ufeff{"bom":1}'),
      Buffer.from(`{"n":12345678901234567890,"s":"${'x'.repeat(200_000)}"}\n`),
      Buffer.from(''),
    ];
    const { url, got, close } = await recorder();
    try {
      for (const body of bodies) {
        const { command, hasHidden, lacksBody } = curlOf({
          url: `${url}/a[1]{b}?q=it's`,
          requestHeaders: [
            ['Content-Type', 'application/json'],
            ['Content-Length', String(body.length)],
            ['Webhook-Signature', "v1,a'b;c=$HOME"],
            ['X-Empty', ''],
          ],
          requestBody: bodyOf(body),
        });
        await inShell(`${command} -sS`);
        const request = got.pop();
        expect(request?.body.equals(body)).to.equal(true);
        expect(request?.path).to.equal("/a[1]{b}?q=it's");
        expect(request?.names).to.have.members([
          'host',
          'Content-Type',
          'Webhook-Signature',
          'X-Empty',
          'Content-Length',
        ]);
        expect(request?.headers).to.include({ 'webhook-signature': "v1,a'b;c=$HOME", 'x-empty': '' });
        expect({ hasHidden, lacksBody }).to.deep.equal({ hasHidden: false, lacksBody: false });
      }
    } finally {
      await close();
    }
  });

  it('says when values are hidden, and when there is no body any more', () => {
    const made = curlOf({
      url: 'https://example.com/?token=[hidden]',
      requestHeaders: [['x-key', '[hidden]']],
      requestBody: null,
    });
    expect(made).to.include({ hasHidden: true, lacksBody: true });
    expect(made.command).not.to.include('--data');
  });
});

/** By its input: a script may be longer than an argument. */
async function inShell(script: string): Promise<void> {
  const shell = run('bash', ['-s']);
  shell.child.stdin?.end(script);
  await shell;
}

interface Got {
  path: string | undefined;
  names: string[];
  headers: object;
  body: Buffer;
}

async function recorder() {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const names = request.rawHeaders
      .filter((_, i) => i % 2 === 0)
      .map((name) => (name === 'Host' ? 'host' : name));
    got.push({ path: request.url, names, headers: request.headers, body: Buffer.concat(pieces) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    got,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
