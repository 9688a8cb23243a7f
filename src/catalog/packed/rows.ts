import { createNumbers, type Numbers, sharedBytes } from './numbers.ts';

/** Values as JSON, one after another, in memory that threads share. */
export interface PackedRows {
  readonly blocks: readonly Uint8Array[];
  /** For each row its block, where it begins there, and how many bytes it has. */
  readonly places: Uint32Array;
}

/** Our choice: memory is taken by this much at a time, less at the beginning. A longer row has a block of its own. */
const blockBytes = 4 * 2 ** 20;
const firstBytes = 2 ** 14;
const perPlace = 3;

export interface RowWriter<Value> {
  readonly count: number;
  /** Gives the number of the row. */
  write(value: Value): number;
  read(row: number): Value;
  /** Gives back the memory of blocks that hold only rows before this one. */
  forget(row: number): void;
  pack(): PackedRows;
}

/** Packs values that JSON holds without loss. */
export function createRowWriter<Value>(): RowWriter<Value> {
  const blocks: Buffer[] = [];
  const places = createNumbers();
  let used = 0;
  let forgotten = 0;
  const read = rowReader(blocks, places.at);
  return {
    get count() {
      return places.length / perPlace;
    },
    write(value) {
      const text = JSON.stringify(value);
      // No character takes more than three bytes of UTF-8 for each of its units.
      const most = text.length * 3;
      let block = blocks.at(-1);
      if (block === undefined || block.length - used < most) {
        block = bufferOf(sharedBytes(Math.max(Math.min(blockBytes, firstBytes * 2 ** blocks.length), most)));
        blocks.push(block);
        used = 0;
      }
      const bytes = block.write(text, used);
      const row = places.length / perPlace;
      push(places, [blocks.length - 1, used, bytes]);
      used += bytes;
      return row;
    },
    read: (row) => read(row) as Value, // what was written
    forget(row) {
      const first = places.at(row * perPlace);
      for (; forgotten < first; forgotten += 1) blocks[forgotten] = empty;
    },
    pack: () => ({
      blocks: blocks.map((block) => new Uint8Array(block.buffer, block.byteOffset, block.length)),
      places: places.share(),
    }),
  };
}

const empty = Buffer.alloc(0);

function push(numbers: Numbers, values: readonly number[]): void {
  for (const value of values) numbers.push(value);
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads packed rows by their numbers. */
export function readRows({ blocks, places }: PackedRows): (row: number) => unknown {
  return rowReader(blocks.map(bufferOf), (place) => places[place] ?? 0);
}

function rowReader(blocks: readonly Buffer[], at: (place: number) => number): (row: number) => unknown {
  return (row) => {
    const place = row * perPlace;
    const from = at(place + 1);
    const text = blocks[at(place)]?.toString('utf8', from, from + at(place + 2)) ?? '';
    const value: unknown = JSON.parse(text);
    return value;
  };
}
