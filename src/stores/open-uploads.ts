import { type LocalUploadsOptions, openLocalUploads } from './local-uploads/local-uploads.ts';
import type { S3UploadsOptions } from './s3-uploads/s3-uploads.ts';
import type { UploadStore } from './upload-store.ts';

/** A folder or a bucket. */
export type UploadsPlace =
  | ({ readonly kind: 'folder'; readonly path: string } & Pick<LocalUploadsOptions, 'reserveBytes'>)
  | ({ readonly kind: 'bucket' } & Omit<S3UploadsOptions, 'urlOf' | 'times'>);

/** Opens the place where images are kept. `urlOf` gives the address at which a name is served; `isShared` says that other processes may keep theirs there. */
export async function openUploads(
  place: UploadsPlace,
  urlOf: (name: string) => string,
  { isShared = false }: Pick<LocalUploadsOptions, 'isShared'> = {},
): Promise<UploadStore> {
  if (place.kind === 'folder') return openLocalUploads({ ...place, folder: place.path, isShared, urlOf });
  // The library of buckets takes a tenth of a second to load: who keeps images in a folder does not wait for it.
  const { openS3Uploads } = await import('./s3-uploads/s3-uploads.ts');
  return openS3Uploads({ ...place, urlOf });
}
