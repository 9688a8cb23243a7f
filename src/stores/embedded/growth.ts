import type { Write } from './database.ts';

/** What a commit asks of the engine's pages. */
export interface Load {
  /** Rows that are written or removed. */
  readonly rows: number;
  /** Bytes of rows that stand in a page with others. */
  readonly sharedBytes: number;
  /** Pages of rows that have pages to themselves. */
  readonly ownPages: number;
}

/** The engine's pages, as it counts them. */
export interface Tree {
  readonly pageSize: number;
  readonly depth: number;
  readonly leaves: number;
  readonly branches: number;
  /** Those that list the free ones. */
  readonly lists: number;
}

export const noLoad: Load = { rows: 0, sharedBytes: 0, ownPages: 0 };

/** Every row has a head beside its key and value. */
const rowHead = 32;

/** What writing one row asks. The engine gives a row pages of its own if two of them would not fit into one. */
export function loadOf({ key, text }: Pick<Write, 'key' | 'text'>, pageSize: number): Load {
  const bytes = rowHead + key.length + (text === undefined ? 0 : Buffer.byteLength(text));
  if (bytes < pageSize / 2 - rowHead) return { rows: 1, sharedBytes: bytes, ownPages: 0 };
  return { rows: 1, sharedBytes: rowHead + key.length, ownPages: Math.ceil((bytes + rowHead) / pageSize) };
}

export const addLoads = (one: Load, other: Load): Load => ({
  rows: one.rows + other.rows,
  sharedBytes: one.sharedBytes + other.sharedBytes,
  ownPages: one.ownPages + other.ownPages,
});

/**
 * The most pages by which a commit can lengthen the data file, if none of the free pages can be used: the engine never writes into a
 * page in use, but into another one that takes its place, up to the root. A leaf is split where it is full, and the list of free pages
 * may be written anew as a whole.
 */
export function mostPages({ rows, sharedBytes, ownPages }: Load, tree: Tree): number {
  const { pageSize, depth, leaves, branches, lists } = tree;
  const touched = Math.min(rows, leaves + 1);
  const splits = touched + Math.ceil((4 * sharedBytes) / pageSize);
  const above = Math.min(touched * depth, branches) + Math.ceil(splits / 8) + depth + 1;
  return touched + splits + above + ownPages + 2 * lists + 8;
}
