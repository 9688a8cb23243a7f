/** What is wrong with an image; never leaves this folder. */
export class BrokenImage extends Error {
  override readonly name = 'BrokenImage';
}

/** Takes parts of an image over into another that is hardly longer. */
export interface Writer {
  /** Takes over the bytes from `from` up to, but not including, `to`. Throws `BrokenImage` if they are not there. */
  take(from: number, to: number): void;
  write(bytes: Uint8Array): void;
  /** Counts a part that was looked at. Throws `BrokenImage` where there are more than any program writes. */
  countPart(): void;
  /** How many bytes it has. */
  readonly length: number;
  /** What was written; may be changed. */
  whole(): Buffer;
}

/** Of its own it may write so many bytes: headers that an image has once. */
const spare = 256;

/** Of an image of 10 MB in parts of 8 KB, as the usual programs write it, there are fewer. Our choice. */
const mostParts = 65_536;

export function createWriter(image: Buffer): Writer {
  const written = Buffer.allocUnsafe(image.length + spare);
  let length = 0;
  let parts = 0;
  return {
    take(from, to) {
      if (to > image.length) throw new BrokenImage('it ends too early');
      length += image.copy(written, length, from, to);
    },
    write(bytes) {
      written.set(bytes, length);
      length += bytes.length;
    },
    countPart() {
      parts += 1;
      if (parts > mostParts) throw new BrokenImage('it has too many parts');
    },
    get length() {
      return length;
    },
    whole: () => written.subarray(0, length),
  };
}
