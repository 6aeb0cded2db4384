import { expect } from 'chai';
import fc from 'fast-check';
import { RowhookError } from '../../src/errors.ts';
import {
  customHeaders,
  hiddenValue,
  isOurHeader,
  parseCustomHeaders,
  withCustomHeaders,
  withoutCredentials,
} from '../../src/wire/custom-headers.ts';
import { dialectNamed } from '../../src/wire/dialects.ts';

const problemOf = (...input: [string, string][]): string | undefined => {
  const parsed = parseCustomHeaders(input);
  return 'problem' in parsed ? parsed.problem : undefined;
};

describe('headers of an endpoint’s own', () => {
  for (const [name, value] of [
    ['Authorization', 'Bearer a.b.c'],
    ['X-Api-Key', 'k'],
    ['Cookie', 'a=b; c=d'],
    ["x!#$%&'*+.^_`|~9", 'two words\tand a tab'],
    ['X-Long', 'x'.repeat(4_000)],
    ['X-Events', 'all'],
  ] as const) {
    it(`may be ${name}`, () => {
      expect(parseCustomHeaders([[name, value]])).to.deep.equal([[name, value]]);
    });
  }

  for (const name of [
    ...['Host', 'Connection', 'Content-Type', 'Content-Length', 'Content-Encoding', 'Content-Anything'],
    ...['Transfer-Encoding', 'TE', 'Trailer', 'Upgrade', 'Expect', 'Keep-Alive', 'Proxy-Authorization'],
    ...['Proxy-Connection', 'HTTP2-Settings', 'User-Agent', 'Request-Id', 'webhook-id', 'webhook-signature'],
    ...['webhook-timestamp', 'SiteStacker-Event', 'SiteStacker-Anything', 'Acme-Event', 'Acme-Signature'],
    ...['Acme-Delivery'],
  ]) {
    for (const written of [name, name.toLowerCase(), name.toUpperCase()]) {
      it(`may not be ${written}: it is ours`, () => {
        expect(problemOf([written, 'x'])).to.equal(
          `"${written}" is a header of the request itself, which is ours to set`,
        );
      });
    }
  }

  it('may not be any that a dialect sends', () => {
    const message = {
      deliveryId: 'd',
      eventName: 'e',
      body: Buffer.from('{}'),
      requestId: 'r',
      sentAt: new Date(),
    };
    for (const name of ['standard', 'amplo', 'site-stacker', 'prefix:Acme', 'prefix:X Acme/1']) {
      const dialect = dialectNamed(name);
      const secrets = [dialect.newSecret((size) => Buffer.alloc(size, 7), null)];
      for (const [header] of dialect.headers({ ...message, secrets })) {
        expect(isOurHeader(header), `${name}: ${header}`).to.equal(true);
      }
    }
  });

  for (const name of [
    'Webhook_Signature',
    'webhook_id',
    'Content_Length',
    'TRANSFER_ENCODING',
    'Acme_Event',
  ]) {
    it(`may not be ${name}: with hyphens, which CGI takes for the same, it is ours`, () => {
      expect(problemOf([name, 'x'])).to.include('ours to set');
    });
  }

  for (const name of [
    'X-Forwarded-For',
    'x_forwarded_host',
    'Forwarded',
    'X-Real-IP',
    'X-HTTP-Method-Override',
  ]) {
    it(`may not be ${name}: servers take it from their own proxies`, () => {
      expect(problemOf([name, 'x'])).to.include('their own proxies');
    });
  }

  for (const name of [
    'Metadata_Flavor',
    'Metadata',
    'metadata-flavor',
    'X-aws-ec2-metadata-token',
    'X-AWS-EC2-Metadata-Token-TTL-Seconds',
  ]) {
    it(`may not be ${name}: metadata services take it for a sign of trust`, () => {
      expect(problemOf([name, 'true'])).to.include('metadata services');
    });
  }

  for (const name of [
    '',
    ' ',
    'X A',
    'X:A',
    'X\r\nA',
    'X\0',
    'Xé',
    'X"',
    'X(',
    'X/',
    'X@',
    'X-A ',
    ' X-A',
    'x'.repeat(101),
  ]) {
    it(`cannot be named ${JSON.stringify(name.slice(0, 20))}`, () => {
      expect(problemOf([name, 'x'])).to.match(/cannot be the name of a header|longer than 100/);
    });
  }

  for (const value of [
    ...[
      '',
      ' ',
      ' a',
      'a ',
      '\ta',
      'a\t',
      'a\nb',
      'a\rb',
      'a\r\nX-Injected: 1',
      'a\r\n\r\nGET / HTTP/1.1',
      'a\0b',
    ],
    ...[
      '\x07',
      'a\x7f',
      'a\x1bb',
      'café',
      'a\u0085b',
      'a\u2028b',
      'a\u00a0b',
      '日本',
      '🙂',
      'a\ud800',
      'a\u010ab\u010d',
    ],
  ]) {
    it(`cannot have the value ${JSON.stringify(value)}, which is not repeated`, () => {
      const problem = problemOf(['X-A', value]);
      expect(problem).to.equal(
        'the value of "X-A" is empty, or has a character other than visible ASCII and spaces within',
      );
    });
  }

  it('are 20 at most, 8,000 characters together, and each there once', () => {
    const many = (n: number): [string, string][] => Array.from({ length: n }, (_, i) => [`X-${i}`, 'x']);
    expect(problemOf(...many(20))).to.equal(undefined);
    expect(problemOf(...many(21))).to.equal('there are more than 20');
    expect(problemOf(['A', 'x'.repeat(3_999)], ['B', 'x'.repeat(3_999)])).to.equal(undefined);
    expect(problemOf(['A', 'x'.repeat(3_999)], ['B', 'x'.repeat(4_000)])).to.equal(
      'they are longer than 8000 characters together',
    );
    expect(problemOf(['X-A', '1'], ['x-a', '2'])).to.equal('"x-a" is there twice');
  });

  describe('as they are stored', () => {
    it('are read as they were written', () => {
      expect(customHeaders(null)).to.deep.equal([]);
      expect(customHeaders('[]')).to.deep.equal([]);
      expect(customHeaders('[["X-A","1"],["Authorization","Bearer hunter2"]]')).to.deep.equal([
        ['X-A', '1'],
        ['Authorization', 'Bearer hunter2'],
      ]);
    });

    for (const stored of [
      '"hunter2"',
      'hunter2',
      '{"X-A":"hunter2"}',
      '[["X-A"]]',
      '[["X-A","1","hunter2"]]',
      '[["X-A",2]]',
      '[["X-A","hunter2\\r\\nX-B: 1"]]',
      '[["Host","hunter2"]]',
      '[null]',
      '',
    ]) {
      it(`cannot be ${stored || 'nothing'}, whoever wrote it there; the error does not repeat it`, () => {
        expect(() => customHeaders(stored))
          .to.throw(RowhookError)
          .that.includes({ code: 'endpoint_invalid', where: 'headers' });
        expect(() => customHeaders(stored))
          .to.throw()
          .that.satisfies((error: Error) => !`${error.stack}${error.cause}`.includes('hunter2'));
      });
    }
  });

  it('come after the dialect’s, and never in place of one', () => {
    const ours = [
      ['Content-Type', 'application/json'],
      ['X-Mine', '1'],
    ] as const;
    expect(
      withCustomHeaders(ours, [
        ['X-A', 'a'],
        ['x-mine', 'forged'],
        ['CONTENT-TYPE', 'text/html'],
      ]),
    ).to.deep.equal([...ours, ['X-A', 'a']]);
    expect(withCustomHeaders(ours, [])).to.equal(ours);
  });

  it('are kept of an attempt with their values hidden, as credentials are by whatever way they came in', () => {
    const sent = [
      ['host', 'a'],
      ['X-Api-Key', 's'],
      ['AUTHORIZATION', 's'],
      ['Cookie', 's'],
      ['X-B', 'b'],
    ] as const;
    expect(withoutCredentials(sent, [['x-api-key', 's']])).to.deep.equal([
      ['host', 'a'],
      ['X-Api-Key', hiddenValue],
      ['AUTHORIZATION', hiddenValue],
      ['Cookie', hiddenValue],
      ['X-B', 'b'],
    ]);
    const plain = [['host', 'a']] as const;
    expect(withoutCredentials(plain)).to.equal(plain);
  });

  for (const name of ['Authorization', 'COOKIE', 'proxy-authorization', 'Set-Cookie']) {
    it(`are not recorded where ${name} comes from elsewhere`, () => {
      expect(
        withoutCredentials([
          ['X-B', 'b'],
          [name, 'abc'],
        ]),
      ).to.deep.equal([
        ['X-B', 'b'],
        [name, hiddenValue],
      ]);
    });
  }

  it('put nothing on the wire but themselves, whatever is given', () => {
    // Mostly what is legal, so that much of it gets through.
    const unit = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...'abXY09-_.!~') },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x17f }).map((n) => String.fromCharCode(n)) },
    );
    const text = fc.string({ unit, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 4 }), (input) => {
        const parsed = parseCustomHeaders(input);
        if ('problem' in parsed) return;
        for (const [name, value] of parsed) {
          expect(`${name}: ${value}`).to.match(/^[!-~]+: [!-~]([ -~\t]*[!-~])?$/);
          expect(name).not.to.include(':');
          expect(isOurHeader(name)).to.equal(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
