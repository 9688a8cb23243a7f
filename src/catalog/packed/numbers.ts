/** A list of whole numbers of 32 bits that grows without being copied: memory is taken in pieces. */
export interface Numbers {
  readonly length: number;
  push(value: number): void;
  at(place: number): number;
  set(place: number, value: number): void;
  /** Memory that threads share, with these numbers, or as many zeros as that is longer. */
  share(length?: number): Uint32Array;
}

const pieceBits = 14;
const pieceLength = 2 ** pieceBits;
const mask = pieceLength - 1;

/** An empty list. */
export function createNumbers(): Numbers {
  const pieces: Uint32Array[] = [];
  let last = new Uint32Array(0);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      const place = length & mask;
      if (place === 0) {
        last = new Uint32Array(pieceLength);
        pieces.push(last);
      }
      last[place] = value;
      length += 1;
    },
    at: (place) => pieces[place >>> pieceBits]?.[place & mask] ?? 0,
    set(place, value) {
      const piece = pieces[place >>> pieceBits];
      if (piece !== undefined) piece[place & mask] = value;
    },
    share(shared = length) {
      const whole = sharedNumbers(shared);
      for (const [number, piece] of pieces.entries()) {
        const from = number * pieceLength;
        whole.set(piece.subarray(0, Math.min(pieceLength, shared - from)), from);
      }
      return whole;
    },
  };
}

/** Zeros in memory that threads share. */
export const sharedNumbers = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(length * 4));
export const sharedDecimals = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));
export const sharedBytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));

/** What stays free for what the process is there for. Our choice. */
const keptFree = 64 * 2 ** 20;

/** Throws a plain `Error` where the machine, or the container, does not have so many bytes to spare: to take them would end the process. */
export function requireMemory(bytes = 0): void {
  const available = process.availableMemory();
  if (available < bytes + keptFree) {
    const mebibytes = Math.floor(available / 2 ** 20);
    throw new Error(
      `it takes more memory than there is: ${mebibytes} MiB are left of the machine's or the container's`,
    );
  }
}
