import type { Readable } from 'node:stream';

/** Image types that are taken, by content, with the file ending that their names get. */
export const imageEndings = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
} as const;

export type ImageType = keyof typeof imageEndings;

/** An image as it is kept. */
export interface KeptImage {
  readonly type: ImageType;
  /** Bytes that `content` gives, unless it fails. */
  readonly size: number;
  /** To be read once, or destroyed; read only as fast as it is asked for. */
  readonly content: Readable;
}

/** Where uploaded images are kept. A place that cannot be reached, or that refuses us, is `store-unavailable`. */
export interface UploadStore {
  /**
   * Keeps an image under a name that nobody can guess, one of `inventUploadName` unless told, and gives the address at which it is served.
   * It is durable when the promise resolves.
   */
  save(image: {
    readonly bytes: Uint8Array;
    readonly type: ImageType;
    readonly name?: string;
  }): Promise<{ readonly url: string }>;
  /** Removes the image of that name, for good when the promise resolves; nothing where there is none. */
  remove(name: string): Promise<void>;
  /** The image of that name; `undefined` if there is none. The name may be any text. */
  open(name: string): Promise<KeptImage | undefined>;
  /** Lets go of what is open. What still runs fails. */
  close?(): Promise<void>;
}
