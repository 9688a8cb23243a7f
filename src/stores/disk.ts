import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GatewayError } from '../errors/index.ts';

const megabyte = 1_048_576;

/** Kept free on a disk unless told, in bytes: of a small one a tenth. Our choice. */
const usualReserve = 64 * megabyte;
/** Less is never kept free, in bytes. */
export const leastReserve = megabyte;

export interface DiskSpace {
  /** What this user may still write, in bytes. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** How much room there is on the disk of a folder, which need not be there yet. */
export async function lookAtDisk(folder: string): Promise<DiskSpace> {
  try {
    const { bsize, bavail, blocks } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (failure) {
    const parent = dirname(folder);
    if (!isSystemError(failure, 'ENOENT') || parent === folder) throw failure;
    return lookAtDisk(parent);
  }
}

/** What is kept free of a disk, in bytes. */
export const reserveOf = ({ totalBytes }: Pick<DiskSpace, 'totalBytes'>, told: number | undefined): number =>
  Math.max(told ?? Math.min(usualReserve, Math.floor(totalBytes / 10)), leastReserve);

/** Whether a disk, a quota on it, or a bound of a file's length had no room for something. */
export const isWantOfRoom = (failure: unknown): boolean => isSystemError(failure, 'ENOSPC', 'EDQUOT', 'EFBIG');

export function isSystemError(failure: unknown, ...codes: readonly string[]): boolean {
  return failure instanceof Error && 'code' in failure && codes.includes(String(failure.code));
}

/** What is said of a disk that is too full. */
export function tellOfSpace(folder: string, freeBytes: number, reserveBytes: number): string {
  return `the disk of ${folder} is full: ${inMegabytes(freeBytes)} are free, and ${inMegabytes(reserveBytes)} are kept free`;
}

const inMegabytes = (bytes: number): string => `${(bytes / megabyte).toFixed(1)} MB`;

/** The refusal of what would take the reserve. */
export const noRoom = (message: string, cause?: unknown): GatewayError =>
  new GatewayError('store-unavailable', message, { cause, lack: 'the disk is full' });
