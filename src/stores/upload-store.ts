import type { Readable } from 'node:stream';

/** Image types that are taken, by content, with the file ending that their names get. */
export const imageEndings = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
} as const;

export type ImageType = keyof typeof imageEndings;

/** Where uploaded images are kept. */
export interface UploadStore {
  /** Keeps an image and gives the address at which it is served. It is durable when the promise resolves. */
  save(image: { readonly bytes: Uint8Array; readonly type: ImageType }): Promise<{ readonly url: string }>;
  /** The image of that name, to be read once; `undefined` if there is none. The name may be any text. */
  open(
    name: string,
  ): Promise<{ readonly type: ImageType; readonly size: number; readonly content: Readable } | undefined>;
}
