import { GatewayError } from '../../errors/index.ts';
import type { ImageType } from '../../stores/upload-store.ts';
import { cleanGif } from './gif.ts';
import { cleanJpeg } from './jpeg.ts';
import { cleanPng } from './png.ts';
import { cleanWebp } from './webp.ts';
import { BrokenImage } from './writer.ts';

/** How each kind of image begins, and how it is made clean. */
const kinds: readonly (readonly [type: ImageType, beginning: RegExp, clean: (image: Buffer) => Buffer])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/, cleanPng],
  ['image/jpeg', /^\xff\xd8\xff/, cleanJpeg],
  ['image/gif', /^GIF8[79]a/, cleanGif],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/, cleanWebp],
];

/**
 * An image as it may be shown: known by its content, its pixels untouched, and nothing in it that is not needed to show them: not where,
 * when, by whom and with what it was taken, and nothing behind its end. Costs one pass over the bytes. Throws `unsupported-media-type`
 * where they are no whole image.
 */
export function cleanImage(bytes: Uint8Array): { readonly type: ImageType; readonly bytes: Buffer } {
  const image = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const beginning = image.toString('latin1', 0, 12);
  const kind = kinds.find(([, begins]) => begins.test(beginning));
  if (kind === undefined) throw noImage();
  const [type, , clean] = kind;
  try {
    return { type, bytes: clean(image) };
  } catch (thrown) {
    if (thrown instanceof BrokenImage) throw noImage(thrown);
    throw thrown;
  }
}

function noImage(cause?: BrokenImage): GatewayError {
  const fault = cause === undefined ? '' : `: ${cause.message}`;
  return new GatewayError('unsupported-media-type', `The image must be a whole PNG, JPEG, GIF or WebP file${fault}`);
}
