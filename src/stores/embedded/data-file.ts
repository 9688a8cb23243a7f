import { open } from 'node:fs/promises';
import { join } from 'node:path';

const offsets = { flags: 18, magic: 24, version: 28, pageSize: 48, lastPage: 144, transaction: 152 } as const;
const headerSize = 160;
const metaPage = 0x08;
const magic = 0xbeefc0de;
const version = 2;

interface Header {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
}

/**
 * Whether there is data. Throws if `data.mdb` in a folder is not a data file, or is cut off. The engine itself ends the process at its first
 * read of such a file (segmentation fault, bus error), so it must not get to see it. Layout: `MDB_meta` of lmdb 3.5.
 */
export async function checkDataFile(folder: string): Promise<boolean> {
  const file = await open(join(folder, 'data.mdb'), 'r').catch(ignoreMissing);
  if (file === undefined) return false;
  try {
    const { size: before } = await file.stat();
    // Made by a process that ended before its first commit.
    if (before === 0) return false;
    const bytes = Buffer.alloc(headerSize);
    const header = async (position: number) => {
      const { bytesRead } = await file.read(bytes, 0, headerSize, position);
      return parseHeader(bytes.subarray(0, bytesRead));
    };
    const first = await header(0);
    const second = await header(first.pageSize);
    const newest = second.transaction > first.transaction ? second : first;
    // Asked after the headers: another process may be writing, and pages come before the header that tells of them.
    const { size } = await file.stat();
    if (isCutOff(size / newest.pageSize, newest.lastPage + 1)) throw new Error('data.mdb is cut off');
    return true;
  } finally {
    await file.close();
  }
}

/** The engine may leave free pages at the end unwritten, but never many, compared with a file that lost its end. */
const isCutOff = (pages: number, wanted: number): boolean => pages < wanted * 0.75 || pages < wanted - 4096;

function parseHeader(bytes: Buffer): Header {
  const known =
    bytes.length === headerSize &&
    (bytes.readUInt16LE(offsets.flags) & metaPage) !== 0 &&
    bytes.readUInt32LE(offsets.magic) === magic &&
    (bytes.readUInt32LE(offsets.version) & 0xffff) === version;
  const pageSize = known ? bytes.readUInt32LE(offsets.pageSize) : 0;
  if (pageSize < 512 || pageSize > 65_536) throw new Error('data.mdb is not a data file of this engine, or is damaged');
  return {
    pageSize,
    lastPage: Number(bytes.readBigUInt64LE(offsets.lastPage)),
    transaction: Number(bytes.readBigUInt64LE(offsets.transaction)),
  };
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
