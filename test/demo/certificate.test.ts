import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../examples/demo/certificate.ts';

describe("the certificate of the demo's receiver", () => {
  const made = selfSignedCertificate('127.0.0.1');

  it('is well-formed, vouches for itself and for the address alone, and ends soon', () => {
    const certificate = new X509Certificate(made.cert);
    expect(certificate.verify(certificate.publicKey)).to.equal(true);
    expect(certificate.subject).to.equal(certificate.issuer).and.to.equal('CN=rowhook demo 127.0.0.1');
    expect(certificate.subjectAltName).to.equal('IP Address:127.0.0.1');
    const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000;
    expect(days).to.equal(2);
    expect(selfSignedCertificate('127.0.0.1').cert).not.to.equal(made.cert);
  });

  it('is taken by a client that was told to trust it, and by no other', async () => {
    const server = createServer(made, (_, response) => response.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = (ca?: string): Promise<string> =>
      new Promise((resolve) => {
        const request = get({ host: '127.0.0.1', port, agent: false, ...(ca ? { ca } : {}) }, (response) => {
          response.resume();
          resolve(String(response.statusCode));
        });
        request.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      });
    expect(await ask(made.cert)).to.equal('200');
    expect(await ask(selfSignedCertificate('127.0.0.1').cert)).to.match(/SELF_SIGNED|SIGNATURE/);
    expect(await ask()).to.match(/SELF_SIGNED/);
    server.close();
    await once(server, 'close');
  });
});
