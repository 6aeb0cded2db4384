import { chown, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const segmentSize = 16n * 1024n * 1024n;
/** Of a record in the WAL, in bytes; two more say how long its data are. */
const headerSize = 24;
const crcOffset = 20;
/** Of a checkpoint's data: FullTransactionId nextXid, TransactionId oldestXid. The same from Postgres 14 to 18. */
const nextXidOffset = 24;
const oldestXidOffset = 44;

/**
 * Makes a stopped server go on with another transaction id, as pg_resetwal does: by the checkpoint that its shutdown wrote, from which it
 * starts. Everything in it must be frozen (VACUUM (FREEZE) in each database).
 * @returns false where the checkpoint lies across two pages of the WAL: once started and stopped again, the server has another
 * @throws Error where the WAL does not hold what is expected
 */
export async function setNextXid(dataDirectory: string, nextXid: bigint): Promise<boolean> {
  const controlFile = join(dataDirectory, 'global', 'pg_control');
  const control = await readFile(controlFile);
  const at = control.readBigUInt64LE(32);
  const segment = (at / segmentSize).toString(16).toUpperCase().padStart(8, '0');
  const file = await open(join(dataDirectory, 'pg_wal', `0000000100000000${segment}`), 'r+');
  try {
    const position = Number(at % segmentSize);
    const length = (await read(file, position, 4)).readUInt32LE(0);
    const record = await read(file, position, length);
    if (position % 8192 > 8192 - length) return false;
    if (crcOfRecord(record) !== record.readUInt32LE(crcOffset)) {
      throw new Error('the WAL has no whole checkpoint where one was expected');
    }
    putXids(record, headerSize + 2, nextXid);
    record.writeUInt32LE(crcOfRecord(record), crcOffset);
    await file.write(record, 0, length, position);
  } finally {
    await file.close();
  }
  // Its copy in the control file, whose checksum comes last; how far that is differs between versions.
  const crcAt = Array.from({ length: 128 }, (_, i) => 160 + 4 * i).find(
    (end) => crcOf(control.subarray(0, end)) === control.readUInt32LE(end),
  );
  if (crcAt === undefined) throw new Error('the control file has no checksum where one was expected');
  putXids(control, 40, nextXid);
  control.writeUInt32LE(crcOf(control.subarray(0, crcAt)), crcAt);
  await writeFile(controlFile, control);
  await addTransactionStatus(dataDirectory, nextXid);
  return true;
}

async function read(
  file: Awaited<ReturnType<typeof open>>,
  position: number,
  length: number,
): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer;
}

/** The segment of pg_xact that the next ids fall into: 32 pages, four transactions to a byte. */
async function addTransactionStatus(dataDirectory: string, nextXid: bigint): Promise<void> {
  const segment = (nextXid % 2n ** 32n) / (4n * 8192n * 32n);
  const name = join(dataDirectory, 'pg_xact', segment.toString(16).toUpperCase().padStart(4, '0'));
  await writeFile(name, Buffer.alloc(8192 * 32), { flag: 'wx', mode: 0o600 });
  const { uid, gid } = await stat(dataDirectory);
  await chown(name, uid, gid);
}

/** @param at where the checkpoint's data begin */
function putXids(buffer: Buffer, at: number, nextXid: bigint): void {
  buffer.writeBigUInt64LE(nextXid, at + nextXidOffset);
  buffer.writeUInt32LE(Number((nextXid - 100n) % 2n ** 32n), at + oldestXidOffset);
}

/** Of a WAL record: its data, then its header up to the checksum. */
const crcOfRecord = (record: Buffer): number =>
  crcOf(Buffer.concat([record.subarray(headerSize), record.subarray(0, crcOffset)]));

/** CRC-32C, as RFC 3720 has it. */
function crcOf(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
