import { BrokenImage, createWriter, type Writer } from './writer.ts';

const header = 12;
const chunkHeader = 8;
const frameHeader = 16;
/** Where a moving picture's frame, or the whole picture, may have these. Source: RFC 9649, 2.7. */
const kept: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ICCP']);
const frameKept: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'ALPH']);
/** In the flags of `VP8X`: that EXIF and XMP follow. */
const metadata = 0x08 | 0x04;

/** A WebP without its EXIF and XMP, without chunks that nobody knows, and without what follows its end. Throws `BrokenImage`. */
export function cleanWebp(image: Buffer): Buffer {
  const writer = createWriter(image);
  const end = chunkHeader + image.readUInt32LE(4);
  if (end > image.length + 1) throw new BrokenImage('it ends too early');
  writer.take(0, header);
  let hasPixels = false;
  for (const chunk of chunksOf(image, header, Math.min(end, image.length))) {
    const { type, at, next } = chunk;
    const into = writer.length;
    writer.countPart();
    if (type === 'ANMF') takeFrame(image, writer, chunk);
    else if (kept.has(type)) takePadded(writer, at, next);
    if (type === 'VP8X') clearFlags(writer.whole(), into + chunkHeader);
    hasPixels ||= type === 'VP8 ' || type === 'VP8L' || type === 'ANMF';
  }
  if (!hasPixels) throw new BrokenImage('it has no pixels');
  const cleaned = writer.whole();
  cleaned.writeUInt32LE(cleaned.length - chunkHeader, 4);
  return cleaned;
}

interface Chunk {
  readonly type: string;
  readonly at: number;
  /** Without the byte that makes its length even. */
  readonly next: number;
}

function* chunksOf(image: Buffer, from: number, end: number): Iterable<Chunk> {
  for (let at = from; at < end; ) {
    if (at + chunkHeader > end) throw new BrokenImage('it ends too early');
    const type = image.toString('latin1', at, at + 4);
    const next = at + chunkHeader + image.readUInt32LE(at + 4);
    if (next > end) throw new BrokenImage('a part of it ends too early');
    yield { type, at, next };
    at = next + ((next - at) % 2);
  }
}

/** The byte that makes a length even is ours: theirs might say something. */
function takePadded(writer: Writer, at: number, next: number): void {
  writer.take(at, next);
  if ((next - at) % 2 === 1) writer.write(Uint8Array.of(0));
}

function takeFrame(image: Buffer, writer: Writer, { at, next }: Chunk): void {
  const begin = writer.length;
  const pixels = at + chunkHeader + frameHeader;
  if (pixels > next) throw new BrokenImage('a frame of it ends too early');
  writer.take(at, pixels);
  for (const chunk of chunksOf(image, pixels, next)) {
    writer.countPart();
    if (frameKept.has(chunk.type)) takePadded(writer, chunk.at, chunk.next);
  }
  writer.whole().writeUInt32LE(writer.length - begin - chunkHeader, begin + 4);
}

function clearFlags(bytes: Buffer, at: number): void {
  const flags = bytes[at];
  if (flags !== undefined) bytes[at] = flags & ~metadata;
}
