import { expect } from 'chai';
import { createUrlCheck, quietMs, type UrlState } from '../../../admin/pages/webhooks/form/url-check.ts';
import { confirms, hostOf, urlParts } from '../../../admin/pages/webhooks/url-parts.ts';
import type { UrlCheckedView } from '../../../src/admin/shapes/endpoint.ts';

const good: UrlCheckedView = { problem: null, warning: null, addresses: ['192.0.2.1'] };

/** A check whose clock and server are in the test's hands. */
function inHand() {
  const shown: UrlState[] = [];
  const asked: {
    url: string;
    dialect: string | null;
    answer(checked: UrlCheckedView): void;
    fail(): void;
  }[] = [];
  let waiting: { ms: number; call: () => void } | undefined;
  const check = createUrlCheck({
    ask: (url, dialect, signal) =>
      new Promise((resolve, reject) => {
        asked.push({ url, dialect, answer: resolve, fail: () => reject(new Error('no answer')) });
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
    after: (ms, call) => {
      waiting = { ms, call };
      return () => {
        waiting = undefined;
      };
    },
    show: (state) => shown.push(state),
  });
  return {
    check,
    asked,
    shown,
    isWaiting: () => waiting?.ms,
    quiet() {
      waiting?.call();
      waiting = undefined;
    },
    kinds: () => shown.map(({ kind }) => kind),
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

describe('the check of a URL while it is typed', () => {
  it('asks once it is quiet, for what is then in the field', async () => {
    const { check, asked, quiet, isWaiting, shown, settled } = inHand();
    for (const text of ['https://a', 'https://a.ex', ' https://a.example ']) check.typed(text, null);
    expect(asked).to.have.length(0);
    expect(isWaiting()).to.equal(quietMs);
    quiet();
    expect(asked.map(({ url }) => url)).to.deep.equal(['https://a.example']);
    asked[0]?.answer(good);
    await settled();
    expect(shown.at(-1)).to.deep.equal({ kind: 'told', checked: good });
  });

  it('asks nothing about the beginnings of a URL', () => {
    const { check, isWaiting, kinds } = inHand();
    for (const text of ['h', 'https', 'https:', 'https://', '']) check.typed(text, null);
    expect(isWaiting()).to.equal(undefined);
    expect(kinds()).to.deep.equal(['typing', 'typing', 'typing', 'typing', 'empty']);
  });

  it('drops an answer to what is no longer in the field', async () => {
    const { check, asked, quiet, kinds, settled } = inHand();
    check.typed('https://a.example', null);
    quiet();
    check.typed('https://b.example', null);
    asked[0]?.answer(good);
    await settled();
    expect(kinds()).to.deep.equal(['typing', 'asking', 'typing']);
  });

  it('asks again for the same URL in another dialect, and not when nothing changed', () => {
    const { check, asked, quiet } = inHand();
    check.typed('http://a.example', null);
    quiet();
    check.typed('http://a.example', null);
    quiet();
    check.typed('http://a.example', 'amplo');
    quiet();
    expect(asked.map(({ dialect }) => dialect)).to.deep.equal([null, 'amplo']);
  });

  it('says that nobody could tell when the server does not answer, and asks again then', async () => {
    const { check, asked, quiet, kinds, settled } = inHand();
    check.typed('https://a.example', null);
    quiet();
    asked[0]?.fail();
    await settled();
    expect(kinds().at(-1)).to.equal('unknown');
    check.typed('https://a.example', null);
    quiet();
    expect(asked).to.have.length(2);
  });

  it('asks and shows nothing any more once it is closed', async () => {
    const { check, asked, quiet, kinds, settled } = inHand();
    check.typed('https://a.example', null);
    quiet();
    check.typed('https://b.example', null);
    check.close();
    quiet();
    asked[0]?.answer(good);
    await settled();
    expect(asked).to.have.length(1);
    expect(kinds()).to.deep.equal(['typing', 'asking', 'typing']);
  });
});

describe('the parts of a URL', () => {
  it('tells the host with its port, and the end apart from what may be cut', () => {
    expect(urlParts('https://a.example:8443/in?x=1')).to.deep.equal({
      scheme: 'https://',
      host: 'a.example:8443',
      middle: '',
      end: '/in?x=1',
    });
    expect(urlParts('https://a.example/site-stacker/hooks/v2/people')).to.include({
      middle: '/site-stacker/hooks/v2',
      end: '/people',
    });
    const long = urlParts('https://a.example/hooks?source=crm&region=eu-west-1');
    expect(long).to.include({ middle: '/hooks?source=crm&re', end: 'gion=eu-west-1' });
    expect(urlParts('https://a.example/')).to.include({ middle: '', end: '' });
    expect(urlParts('nothing')).to.deep.equal({ scheme: '', host: 'nothing', middle: '', end: '' });
    expect(hostOf('http://A.example/')).to.equal('a.example');
  });

  it('is confirmed by the host alone, in any case', () => {
    expect(confirms(' A.example:8443 ', 'a.example:8443')).to.equal(true);
    expect(confirms('a.example', 'a.example:8443')).to.equal(false);
    expect(confirms('', 'a.example')).to.equal(false);
  });
});
