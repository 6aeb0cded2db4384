/*
 * Arrays as parameters, in Postgres's binary form. pg would write them as text, each element quoted and every quote in it escaped,
 * which the server has to undo: for the JSON of payloads most of the relay's processor time. A Buffer it hands on as it is. The
 * statement must say the type (`$1::text[]`); the server refuses an array of another one.
 */

/** By type, as in pg_type. */
const oids = { bool: 16, bytea: 17, int8: 20, int4: 23, text: 25, timestamptz: 1184, uuid: 2950 } as const;
const headerBytes = 20;
const [hyphen, nine] = [0x2d, 0x39];
/** Whole numbers of fewer digits a double holds exactly. */
const exactDigits = 15;
/** Milliseconds from 1970 to 2000, where Postgres counts from. */
const postgresEpochMs = 946_684_800_000;

export function textArray(values: ReadonlyArray<string | null>): Buffer {
  let bytes = headerBytes;
  let nulls = false;
  for (const value of values) {
    if (value === null) nulls = true;
    bytes += value === null ? 4 : 4 + Buffer.byteLength(value);
  }
  const array = headed(bytes, oids.text, values.length, nulls);
  let at = headerBytes;
  for (const value of values) {
    if (value === null) {
      at = array.writeInt32BE(-1, at);
      continue;
    }
    const written = array.write(value, at + 4);
    array.writeInt32BE(written, at);
    at += 4 + written;
  }
  return array;
}

export function byteaArray(values: ReadonlyArray<Uint8Array | null>): Buffer {
  const bytes = values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), headerBytes);
  const array = headed(bytes, oids.bytea, values.length, values.includes(null));
  let at = headerBytes;
  for (const value of values) {
    at = array.writeInt32BE(value?.length ?? -1, at);
    if (value === null) continue;
    array.set(value, at);
    at += value.length;
  }
  return array;
}

export function boolArray(values: readonly boolean[]): Buffer {
  const array = headed(headerBytes + 5 * values.length, oids.bool, values.length);
  let at = headerBytes;
  for (const value of values) at = array.writeUInt8(value ? 1 : 0, array.writeInt32BE(1, at));
  return array;
}

export function int4Array(values: ReadonlyArray<number | null>): Buffer {
  const array = headed(headerBytes + 8 * values.length, oids.int4, values.length, values.includes(null));
  let at = headerBytes;
  for (const value of values) {
    at = array.writeInt32BE(value === null ? -1 : 4, at);
    if (value !== null) at = array.writeInt32BE(value, at);
  }
  return array.subarray(0, at);
}

/** @param values numbers: whole ones that a double holds exactly; texts: of any bigint */
export function int8Array(values: ReadonlyArray<number | string | null>): Buffer {
  return int8s(values, oids.int8);
}

/** @param values milliseconds since 1970 */
export function timestampArray(values: readonly number[]): Buffer {
  return int8s(
    values.map((ms) => (ms - postgresEpochMs) * 1_000),
    oids.timestamptz,
  );
}

/** @param ids 16 bytes for each */
export function uuidArray(ids: Uint8Array): Buffer {
  const count = ids.length / 16;
  const array = headed(headerBytes + 20 * count, oids.uuid, count);
  for (let i = 0, at = headerBytes; i < count; i++, at += 20) {
    array.writeInt32BE(16, at);
    array.set(ids.subarray(16 * i, 16 * i + 16), at + 4);
  }
  return array;
}

/** @param ids as text, with their hyphens */
export function uuidTextArray(ids: readonly string[]): Buffer {
  const array = headed(headerBytes + 20 * ids.length, oids.uuid, ids.length);
  let at = headerBytes;
  for (const id of ids) {
    at = writeUuid(array, id, array.writeInt32BE(16, at));
  }
  return array;
}

/** Digit by digit: a text without hyphens would have to be made for each. */
function writeUuid(array: Buffer, id: string, from: number): number {
  let at = from;
  for (let i = 0; i < id.length; i += 2) {
    if (id.charCodeAt(i) === hyphen) i += 1;
    array[at] = (digitOf(id.charCodeAt(i)) << 4) | digitOf(id.charCodeAt(i + 1));
    at += 1;
  }
  return at;
}

/** Of a hexadecimal digit, in lower or upper case. */
function digitOf(code: number): number {
  return code <= nine ? code & 0xf : (code & 0xf) + 9;
}

function int8s(values: ReadonlyArray<number | string | null>, oid: number): Buffer {
  const array = headed(headerBytes + 12 * values.length, oid, values.length, values.includes(null));
  let at = headerBytes;
  for (const value of values) {
    if (value === null) {
      at = array.writeInt32BE(-1, at);
      continue;
    }
    at = array.writeInt32BE(8, at);
    if (typeof value === 'string' && value.length > exactDigits) {
      at = array.writeBigInt64BE(BigInt(value), at);
      continue;
    }
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is no whole number`);
    const high = Math.floor(number / 2 ** 32);
    at = array.writeInt32BE(high, at);
    at = array.writeUInt32BE(number - high * 2 ** 32, at);
  }
  return array.subarray(0, at);
}

/** Dimensions, whether it has nulls, the elements' type; length and lower bound of its one dimension. */
function headed(bytes: number, oid: number, length: number, nulls = false): Buffer {
  const array = Buffer.allocUnsafe(bytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(nulls ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(length, 12);
  array.writeInt32BE(1, 16);
  return array;
}
