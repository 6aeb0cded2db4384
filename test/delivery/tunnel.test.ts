import type { Socket } from 'node:net';
import { expect } from 'chai';
import { createGuard, destinationOf, parseAllowList } from '../../src/delivery/guard/guard.ts';
import { openTunnel, ProxyFailed } from '../../src/delivery/request/tunnel.ts';
import { sendingKit } from './sending-kit.ts';

describe('a way through a proxy', () => {
  const { raw } = sendingKit();

  it('fails, and nothing else does, where the proxy shows another certificate while it is asked', async () => {
    let toProxy: Socket | undefined;
    // As a second handshake ends (TLS 1.2). Undici takes this error for one of a connection that does not stand yet.
    const other = Object.assign(new Error('not its name'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const proxy = await raw(() => toProxy?.destroy(other));
    const error = await openTunnel({
      proxy: {
        origin: `http://127.0.0.1:${proxy.port}`,
        https: false,
        destination: { ...destinationOf(new URL(proxy.url())), secure: true },
        authorization: undefined,
      },
      address: '192.0.2.1',
      port: 443,
      guard: createGuard(parseAllowList(['127.0.0.1'])),
      tls: () => {
        throw new Error('not by https');
      },
      onSocket: (socket) => {
        toProxy = socket.on('error', () => {});
      },
    }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProxyFailed);
    expect((error as Error).message).to.equal('the proxy: not its name');
  });
});
