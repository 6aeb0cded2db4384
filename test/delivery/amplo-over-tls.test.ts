import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { selfSigned } from './self-signed.ts';

/** Node trusts further certificates from its start only, so the sender is a process of its own. */
const sender = `
  import { amplo } from '${new URL('../../src/wire/amplo.ts', import.meta.url)}';
  import { parseAllowList } from '${new URL('../../src/delivery/guard/guard.ts', import.meta.url)}';
  import { createSender } from '${new URL('../../src/delivery/request/send.ts', import.meta.url)}';
  const body = Buffer.from('{"data":{}}');
  const made = createSender({ allow: parseAllowList(['localhost']), timeoutMs: 5000, connections: 1 });
  const message = { deliveryId: 'x', eventName: 'y', body, secrets: [], requestId: 'z', sentAt: new Date() };
  const { status, failure } = await made.send(process.env.TARGET, amplo.headers(message), body);
  await made.close();
  console.log(JSON.stringify({ status, failure }));`;

describe('a request to Amplo’s receivers over TLS', () => {
  it('carries a content type and nothing that we would say of ourselves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rowhook-tls-'));
    const certificate = join(folder, 'cert.pem');
    await writeFile(certificate, selfSigned.cert);
    const names: string[][] = [];
    const server = createServer(selfSigned, (request, response) => {
      names.push(request.rawHeaders.filter((_, index) => index % 2 === 0));
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const target = `https://localhost:${(server.address() as AddressInfo).port}/`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', sender],
      { env: { ...process.env, TARGET: target, NODE_EXTRA_CA_CERTS: certificate } },
    );
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
    expect(JSON.parse(stdout)).to.deep.equal({ status: 200 });
    expect(names).to.deep.equal([['host', 'connection', 'Content-Type', 'content-length']]);
  });
});
