import { crc32 } from 'node:zlib';
import { BrokenImage, createWriter } from './writer.ts';

const signature = 8;
/** What makes the picture what it is. Source: PNG, third edition, 5.6; the rest tells of who made it, where, when and with what. */
const kept: ReadonlySet<string> = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT'.split(' '),
);

/** A PNG without its texts, times and EXIF, and without what follows its end. Throws `BrokenImage`. */
export function cleanPng(image: Buffer): Buffer {
  const writer = createWriter(image);
  writer.take(0, signature);
  let hasPixels = false;
  for (let at = signature; ; ) {
    if (at + 12 > image.length) throw new BrokenImage('it ends too early');
    const type = image.toString('latin1', at + 4, at + 8);
    const length = image.readUInt32BE(at);
    const next = at + 12 + length;
    writer.countPart();
    if (at === signature && (type !== 'IHDR' || length !== 13)) throw new BrokenImage('it has no header');
    if (type === 'IEND' && length > 0) throw new BrokenImage('its end is not empty');
    if (kept.has(type)) {
      writer.take(at, next);
      checkSum(image, at + 4, next - 4);
    } else if (!isAncillary(type)) throw new BrokenImage('it needs what nobody knows');
    hasPixels ||= type === 'IDAT';
    if (type === 'IEND') break;
    at = next;
  }
  if (!hasPixels) throw new BrokenImage('it has no pixels');
  return writer.whole();
}

/** A part whose length was changed would take what follows it along. */
function checkSum(image: Buffer, from: number, to: number): void {
  if (crc32(image.subarray(from, to)) !== image.readUInt32BE(to)) throw new BrokenImage('a part of it was changed');
}

/** Whether a picture can be shown without it: its first letter is small. */
const isAncillary = (type: string): boolean => /^[a-z][A-Za-z]{3}$/.test(type);
