import { stat } from 'node:fs/promises';

/** What differs when a file has been changed, or when another one stands in its place; `none` for one that cannot be found. */
export async function fileVersion(path: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch {
    return 'none';
  }
}
