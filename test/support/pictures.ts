import { crc32 } from 'node:zlib';

/** The smallest pictures there are: one pixel each, whole files that programs show. */
export const pictures = {
  'image/png': 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'image/gif': 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  'image/webp': 'UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==',
  'image/jpeg':
    '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
} as const;

export const pictureOf = (type: keyof typeof pictures): Buffer => Buffer.from(pictures[type], 'base64');

export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const uint32 = (value: number, order: 'BE' | 'LE'): Buffer => {
  const bytes = Buffer.alloc(4);
  if (order === 'BE') bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return bytes;
};

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const typed = Buffer.concat([latin1(type), data]);
  return Buffer.concat([uint32(data.length, 'BE'), typed, uint32(crc32(typed), 'BE')]);
}

/** A PNG with chunks of one's own before its pixels. */
export function pngWith(...chunks: readonly Buffer[]): Buffer {
  const png = pictureOf('image/png');
  const header = 33;
  return Buffer.concat([png.subarray(0, header), ...chunks, png.subarray(header)]);
}

/** A whole PNG of so many bytes: its pixels are followed by more than its size needs. */
export function pngOfSize(
  size: number,
  fill: (length: number) => Uint8Array = (length) => Buffer.alloc(length),
): Buffer {
  const png = pictureOf('image/png');
  const end = png.length - 12;
  const rest = pngChunk('IDAT', fill(size - png.length - 12));
  return Buffer.concat([png.subarray(0, end), rest, png.subarray(end)]);
}

export function jpegSegment(marker: number, data: Uint8Array): Buffer {
  const length = data.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 0xff]), data]);
}

/** A JPEG with segments of one's own behind its JFIF header. */
export function jpegWith(...segments: readonly Buffer[]): Buffer {
  const jpeg = pictureOf('image/jpeg');
  const header = 20;
  return Buffer.concat([jpeg.subarray(0, header), ...segments, jpeg.subarray(header)]);
}

export const riffChunk = (type: string, data: Uint8Array): Buffer =>
  Buffer.concat([latin1(type), uint32(data.length, 'LE'), data, Buffer.alloc(data.length % 2)]);

/** A WebP of these chunks. */
export function webpOf(...chunks: readonly Buffer[]): Buffer {
  const body = Buffer.concat([latin1('WEBP'), ...chunks]);
  return Buffer.concat([latin1('RIFF'), uint32(body.length, 'LE'), body]);
}
