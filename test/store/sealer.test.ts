import { expect } from 'chai';
import { RowhookError } from '../../src/errors.ts';
import { createSealer, plainSealer, type SealedPlace, type Sealer } from '../../src/store/sealer.ts';
import { parseSecretKey, type SecretKey, secretKeys, writtenKey } from '../../src/wire/secret-key.ts';

const key = (id: string, byte: number): SecretKey => ({ id, bytes: Buffer.alloc(32, byte) });
const now = key('now', 1);
const before = key('before', 2);
const place: SealedPlace = { endpointId: '7', column: 'secret' };

function refusal(work: () => unknown): RowhookError {
  try {
    work();
  } catch (error) {
    if (error instanceof RowhookError) return error;
    throw error;
  }
  throw new Error('it was opened');
}

describe('a sealed secret', () => {
  const sealer = createSealer([now, before]);

  for (const text of ['hunter2', '', 'größer · 🔑', `[["Authorization","Bearer ${'x'.repeat(8_000)}"]]`]) {
    it(`is the same when it is opened (${text.length} characters), and says nothing by itself`, () => {
      const sealed = sealer.seal(text, place);
      expect(sealed).to.match(/^sealed:v1:now:[\w-]+$/);
      expect(sealer.open(sealed, place)).to.equal(text);
      const content = Buffer.from(sealed.slice('sealed:v1:now:'.length), 'base64url');
      if (text !== '') expect(content.includes(Buffer.from(text))).to.equal(false);
      // Nonce, ciphertext and tag, each by a nonce of its own.
      expect(content).to.have.length(12 + Buffer.byteLength(text) + 16);
      expect(sealer.seal(text, place)).not.to.equal(sealed);
    });
  }

  it('is opened by every key that is configured, and sealed with the first', () => {
    const old = createSealer([before]).seal('hunter2', place);
    expect(sealer.open(old, place)).to.equal('hunter2');
    expect([sealer.isCurrent(old), sealer.isCurrent('hunter2')]).to.deep.equal([false, false]);
    expect(sealer.isCurrent(sealer.seal('hunter2', place))).to.equal(true);
  });

  for (const [what, elsewhere] of [
    ['endpoint', { ...place, endpointId: '8' }],
    ['column', { ...place, column: 'headers' }],
  ] as const) {
    it(`is none in another ${what}`, () => {
      const error = refusal(() => sealer.open(sealer.seal('hunter2', place), elsewhere));
      expect(error).to.include({ code: 'secret_sealed', where: elsewhere.column });
    });
  }

  it('cannot pass for one of another key', () => {
    const same = createSealer([now, { ...now, id: 'twin' }]);
    const renamed = same.seal('hunter2', place).replace(':now:', ':twin:');
    expect(refusal(() => same.open(renamed, place))).to.include({ code: 'secret_sealed' });
  });

  it('is not opened when any of its bytes was changed, or its end is missing', () => {
    const start = 'sealed:v1:now:';
    const bytes = Buffer.from(sealer.seal('hunter2', place).slice(start.length), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      const error = refusal(() => sealer.open(start + changed.toString('base64url'), place));
      expect(error, `byte ${index}`).to.include({ code: 'secret_sealed' });
    }
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = start + bytes.subarray(0, length).toString('base64url');
      expect(
        refusal(() => sealer.open(cut, place)),
        `${length} bytes`,
      ).to.include({ code: 'secret_sealed' });
    }
  });

  it('names the key that is missing, and nothing that is secret', () => {
    const sealed = sealer.seal('hunter2', place);
    for (const [other, message] of [
      [plainSealer, 'secret of endpoint 7 is sealed with the key "now" (no key is configured)'],
      [createSealer([before]), 'secret of endpoint 7 is sealed with the key "now" (configured: before)'],
    ] as const satisfies ReadonlyArray<readonly [Sealer, string]>) {
      const error = refusal(() => other.open(sealed, place));
      expect(error).to.include({ code: 'secret_sealed', message });
      const told = JSON.stringify([error, error.message, error.fix, error.stack]);
      expect(told)
        .not.to.include(sealed.slice(20))
        .and.not.to.include(Buffer.from(now.bytes).toString('base64'));
    }
    // The right name on the wrong key.
    const error = refusal(() => createSealer([key('now', 9)]).open(sealed, place));
    expect(error.message).to.include('cannot be opened with the key "now"');
  });

  it('of a later version is not taken for a plain one', () => {
    const error = refusal(() => sealer.open('sealed:v2:now:AAAA', place));
    expect(error.message).to.include('a form that this program does not know');
  });
});

describe('a secret that is not sealed', () => {
  it('is opened as it is: it was written before there was a key', () => {
    for (const text of ['hunter2', 'sealed', 'sealed:', 'sealed:v', 'Sealed:v1:a:b']) {
      expect(createSealer([now]).open(text, place)).to.equal(text);
    }
  });

  it('stays so where there is no key', () => {
    expect(plainSealer.seal('hunter2', place)).to.equal('hunter2');
    expect([plainSealer.isCurrent('hunter2'), plainSealer.isCurrent('sealed:v1:a:b')]).to.deep.equal([
      true,
      false,
    ]);
  });
});

describe('keys for secrets', () => {
  const base64 = Buffer.alloc(32, 3).toString('base64');

  it('are read as they are printed', () => {
    expect(parseSecretKey(`2026-11_a:${base64}`)).to.deep.equal({
      id: '2026-11_a',
      bytes: Buffer.alloc(32, 3),
    });
    expect(writtenKey({ id: 'a', bytes: Buffer.alloc(32, 3) })).to.equal(`a:${base64}`);
    const keys = secretKeys(` ${writtenKey(now)} ,\n${writtenKey(before)}`);
    expect(keys.map(({ id }) => id)).to.deep.equal(['now', 'before']);
    for (const none of [undefined, '', ' \n']) expect(secretKeys(none)).to.deep.equal([]);
  });

  for (const [what, text] of [
    ['no id', base64],
    ['an empty id', `:${base64}`],
    ['an id with a space', `a b:${base64}`],
    ['an id that is too long', `${'a'.repeat(41)}:${base64}`],
    ['31 bytes', `a:${Buffer.alloc(31, 3).toString('base64')}`],
    ['33 bytes', `a:${Buffer.alloc(33, 3).toString('base64')}`],
    ['what is no base64', `a:${base64.slice(0, -4)}!!!=`],
    ['a part that base64 would skip', `a:${base64.slice(0, 10)} ${base64.slice(10)}`],
    ['two of the same id', `a:${base64},a:${Buffer.alloc(32, 4).toString('base64')}`],
    ['one missing', `a:${base64},`],
  ] as const) {
    it(`are refused with ${what}, and not repeated`, () => {
      const error = refusal(() => secretKeys(text));
      expect(error.code).to.equal('config_invalid');
      expect(JSON.stringify([error, error.message])).not.to.include(base64.slice(0, 10));
    });
  }
});
