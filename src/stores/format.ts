/**
 * The version of the layout that this program reads and writes, in both engines. A store of the version before it is shared with that
 * version: what it wrote is read, and what is written it can read.
 */
export const currentFormat = 1;

/** Why a store cannot be used whose mark this is, and what to do; `undefined` where it can be. */
export function refuseMark(mark: string): string | undefined {
  const format = Number(mark);
  if (!Number.isInteger(format) || format < 1) return 'it holds the data of another program';
  if (format <= currentFormat) return undefined;
  return `its format is ${format} and this version reads up to ${currentFormat}; use a newer version, or a backup from before the upgrade`;
}
