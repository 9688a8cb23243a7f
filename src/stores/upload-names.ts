import { randomUUID } from 'node:crypto';
import { type ImageType, imageEndings } from './upload-store.ts';

const shape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(png|jpg|gif|webp)$/;

/** A new name for an image, that nobody can guess. */
export function inventUploadName(type: ImageType): string {
  return `${randomUUID()}.${imageEndings[type]}`;
}

/** What an image of that name is; `undefined` for a name that we would not have given. The name may be any text. */
export function uploadTypeOf(name: string): ImageType | undefined {
  const ending = shape.exec(name)?.[1];
  const types = Object.entries(imageEndings) as [ImageType, string][]; // Object.entries widens the keys of a constant table
  return types.find(([, known]) => known === ending)?.[0];
}

/** The name of an image in an address at which it may be served, whoever is its host; `undefined` for any other address. */
export function uploadNameIn(url: string): string | undefined {
  const name = /(?:^|\/)uploads\/([^/?#]+)(?:[?#].*)?$/.exec(url)?.[1];
  return name !== undefined && uploadTypeOf(name) !== undefined ? name : undefined;
}
