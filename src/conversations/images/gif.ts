import { BrokenImage, createWriter } from './writer.ts';

const header = 13;
const extension = 0x21;
const picture = 0x2c;
const trailer = 0x3b;
const control = 0xf9;
const application = 0xff;
/** How often a moving picture is shown. Source: what browsers know. */
const loops: ReadonlySet<string> = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0']);

/** A GIF without its comments, XMP and texts, and without what follows its end. Throws `BrokenImage`. */
export function cleanGif(image: Buffer): Buffer {
  const writer = createWriter(image);
  if (image.length < header) throw new BrokenImage('it ends too early');
  let at = header + colours(image[10]);
  writer.take(0, at);
  let hasPicture = false;
  while (at < image.length && image[at] !== trailer) {
    const from = at;
    writer.countPart();
    if (image[at] === picture) {
      const pixels = at + 10 + colours(image[at + 9]) + 1;
      at = endOfBlocks(image, pixels);
      writer.take(from, at);
      hasPicture = true;
    } else if (image[at] === extension) {
      at = endOfBlocks(image, at + 2);
      if (isShown(image, from)) writer.take(from, at);
    } else throw new BrokenImage('it holds what nobody knows');
  }
  if (!hasPicture) throw new BrokenImage('it has no pixels');
  writer.write(Uint8Array.of(trailer));
  return writer.whole();
}

/** How many bytes a table of colours has. */
const colours = (flags = 0): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1));

function endOfBlocks(image: Buffer, begin: number): number {
  let at = begin;
  for (;;) {
    const length = image[at];
    if (length === undefined) throw new BrokenImage('it ends too early');
    at += 1 + length;
    if (length === 0) return at;
  }
}

/** Whether an extension has a part in how the picture is shown, and room for nothing else. */
function isShown(image: Buffer, at: number): boolean {
  if (image[at + 1] === control) return image[at + 2] === 4 && image[at + 7] === 0;
  if (image[at + 1] !== application || image[at + 2] !== 11) return false;
  return loops.has(image.toString('latin1', at + 3, at + 14)) && image[at + 14] === 3 && image[at + 18] === 0;
}
