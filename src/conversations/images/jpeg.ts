import { readOrientation, writeOrientation } from './orientation.ts';
import { BrokenImage, createWriter, type Writer } from './writer.ts';

const startOfScan = 0xda;
const endOfImage = 0xd9;
const temporary = 0x01;
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** Frames, tables, intervals, scans. Source: ITU T.81, table B.1. */
const isPicture = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) || (marker >= 0xdb && marker <= 0xdf) || marker === startOfScan;

/** JFIF without the small picture that may follow it; what comes before the sizes of that. */
const jfifHead = 14;

/**
 * A JPEG without comments, EXIF, XMP, IPTC and small pictures of itself, and without what follows its end. Its colours stay (ICC, Adobe),
 * and which side is up. Throws `BrokenImage`. One that ends in its pixels is whole enough: programs show it.
 */
export function cleanJpeg(image: Buffer): Buffer {
  const writer = createWriter(image);
  writer.take(0, 2);
  let isTurned = false;
  let hasFrame = false;
  for (let at = 2; ; ) {
    const marker = image[at + 1];
    if (image[at] !== 0xff || marker === undefined) throw new BrokenImage('it has no marker where one belongs');
    if (marker === 0xff)
      at += 1; // filling
    else if (marker === endOfImage) throw new BrokenImage('it has no pixels');
    else if (marker === temporary || isRestart(marker)) at += 2;
    else {
      writer.countPart();
      const next = endOfSegment(image, at);
      const segment = image.subarray(at + 4, next);
      hasFrame ||= isFrame(marker);
      if (marker === startOfScan && !hasFrame) throw new BrokenImage('it has pixels of no size');
      const orientation = isTurned || marker !== 0xe1 ? undefined : readOrientation(segment);
      if (orientation !== undefined) {
        writer.write(writeOrientation(orientation));
        isTurned = true;
      } else takeSegment(writer, { marker, segment, at, next });
      if (marker === startOfScan) return takeScans(image, writer, next);
      at = next;
    }
  }
}

function endOfSegment(image: Buffer, at: number): number {
  if (at + 4 > image.length) throw new BrokenImage('it ends too early');
  const length = image.readUInt16BE(at + 2);
  if (length < 2 || at + 2 + length > image.length) throw new BrokenImage('a part of it ends too early');
  return at + 2 + length;
}

interface Segment {
  readonly marker: number;
  /** What it holds, after its length. */
  readonly segment: Buffer;
  readonly at: number;
  readonly next: number;
}

function takeSegment(writer: Writer, { marker, segment, at, next }: Segment): void {
  const begins = (text: string): boolean => segment.toString('latin1', 0, text.length) === text;
  if (isPicture(marker)) writer.take(at, next);
  else if (marker === 0xe0 && begins('JFIF\0') && segment.length >= jfifHead) {
    writer.write(Uint8Array.of(0xff, 0xe0, 0, jfifHead + 2));
    writer.take(at + 4, at + 4 + jfifHead - 2);
    writer.write(Uint8Array.of(0, 0));
  } else if (marker === 0xe2 && begins('ICC_PROFILE\0')) writer.take(at, next);
  else if (marker === 0xee && begins('Adobe') && segment.length === 12) writer.take(at, next);
}

/** Takes over the pixels from `at`, and the tables between scans, up to the end of the image. */
function takeScans(image: Buffer, writer: Writer, begin: number): Buffer {
  let from = begin;
  for (let at = begin; ; ) {
    while (at < image.length && image[at] !== 0xff) at += 1; // `indexOf` costs more where there are many
    const marker = image[at + 1];
    if (marker === undefined) {
      writer.take(from, at);
      return writer.whole();
    }
    if (marker === 0xff) at += 1;
    else if (marker === 0 || isRestart(marker)) at += 2;
    else {
      writer.take(from, at);
      if (marker === endOfImage) {
        writer.take(at, at + 2);
        return writer.whole();
      }
      writer.countPart();
      const next = endOfSegment(image, at);
      if (isPicture(marker)) writer.take(at, next);
      from = next;
      at = next;
    }
  }
}
