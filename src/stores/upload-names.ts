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
