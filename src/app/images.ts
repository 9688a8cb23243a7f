import type { Config } from '../config/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Storage } from '../stores/coordination.ts';
import { createImages, defaultImageTimes, type Images, type ImageTimes } from '../stores/images.ts';
import { type LocalUploadsOptions, openLocalUploads } from '../stores/local-uploads/local-uploads.ts';
import type { S3UploadsOptions } from '../stores/s3-uploads/s3-uploads.ts';
import type { UploadStore } from '../stores/upload-store.ts';
import type { Opened } from './closing.ts';

/** The images, once they are opened: the store tells of what it deletes before. */
export interface KeptImages {
  images?: Images;
}

export interface ImagesParts {
  /** Where they are told of. */
  readonly kept: KeptImages;
  readonly storage: Pick<Storage, 'store'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What is closed with the gateway. */
  readonly opened: Opened[];
  /** The address at which a name is served. */
  urlOf(name: string): string;
  readonly times?: Partial<ImageTimes> | undefined;
}

/** Opens the place where images are kept, and sweeps it now and every hour. */
export async function openImages({ uploads: place, store: { engine } }: Config, parts: ImagesParts): Promise<Images> {
  const { storage, log, metrics, opened, urlOf } = parts;
  const uploads = await openUploads(place, urlOf, { isShared: engine === 'redis' });
  opened.push(['uploads', uploads]);
  const times = { ...defaultImageTimes, ...parts.times };
  const unremoved = (cause: unknown): void => {
    metrics.imagesUnremoved();
    log.warn(
      { reason: cause instanceof Error ? cause.message : String(cause) },
      'image removal failed, to be tried again',
    );
  };
  const watch = { refused: metrics.imageRefused, unremoved };
  const images = createImages({ store: storage.store, uploads, quota: place.quota, times, watch });
  let running: Promise<void> | undefined;
  const sweep = (): void => {
    running ??= images
      .sweep()
      .catch(unremoved)
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(sweep, times.sweepEveryMs).unref();
  opened.push(['the sweep of images', { close: async () => clearInterval(timer) }]);
  setImmediate(sweep);
  parts.kept.images = images;
  return images;
}

/** A folder or a bucket. */
export type UploadsPlace =
  | ({ readonly kind: 'folder'; readonly path: string } & Pick<LocalUploadsOptions, 'reserveBytes'>)
  | ({ readonly kind: 'bucket' } & Omit<S3UploadsOptions, 'urlOf' | 'times'>);

/** Opens the place where images are kept. `urlOf` gives the address at which a name is served; `isShared` says that other processes may keep theirs there. */
async function openUploads(
  place: UploadsPlace,
  urlOf: (name: string) => string,
  { isShared = false }: Pick<LocalUploadsOptions, 'isShared'> = {},
): Promise<UploadStore> {
  if (place.kind === 'folder') return openLocalUploads({ ...place, folder: place.path, isShared, urlOf });
  // The library of buckets takes a tenth of a second to load: who keeps images in a folder does not wait for it.
  const { openS3Uploads } = await import('../stores/s3-uploads/s3-uploads.ts');
  return openS3Uploads({ ...place, urlOf });
}
