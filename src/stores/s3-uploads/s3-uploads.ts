import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GatewayError } from '../../errors/index.ts';
import { inventUploadName, uploadTypeOf } from '../images.ts';
import type { UploadStore } from '../upload-store.ts';
import { type BucketPlace, type BucketTimes, isNoSuchKey, openBucket } from './bucket.ts';
import { heedBody } from './heeded-body.ts';

export type { BucketPlace, BucketTimes } from './bucket.ts';

/** Our choice. */
const defaultTimes: BucketTimes = { connectMs: 2_000, answerMs: 5_000, silenceMs: 5_000 };

export interface S3UploadsOptions extends BucketPlace {
  /** What all objects' names begin with, before the names that we make up. */
  readonly prefix: string;
  /** The address at which a name is served. */
  urlOf(name: string): string;
  /** Times that are not to be ours. */
  readonly times?: Partial<BucketTimes>;
}

/**
 * Images in a bucket that speaks S3. The bucket is asked for nothing at first, so that one that is away keeps no gateway from
 * starting; whatever it then fails to do in time is `store-unavailable`.
 */
export async function openS3Uploads(options: S3UploadsOptions): Promise<UploadStore> {
  const { bucket, prefix, urlOf } = options;
  const times = { ...defaultTimes, ...options.times };
  const { ask, close } = openBucket(options, times);
  const place = (name: string) => ({ Bucket: bucket, Key: `${prefix}${name}` });
  return {
    async save({ bytes, type, name = inventUploadName(type) }) {
      const what = `Could not save an upload in the bucket ${bucket}`;
      const put = new PutObjectCommand({ ...place(name), Body: bytes, ContentType: type });
      const { ETag } = await ask({ what, sentBytes: bytes.length }, (client, attempt) => client.send(put, attempt));
      // Every bucket tags what it has kept; a web page that answers 200 to anything does not.
      if (ETag === undefined) throw new GatewayError('store-unavailable', `${what}: what answers there is no bucket`);
      return { url: urlOf(name) };
    },
    async remove(name) {
      if (uploadTypeOf(name) === undefined) return;
      const what = `Could not remove an upload from the bucket ${bucket}`;
      const removal = new DeleteObjectCommand(place(name));
      const { $metadata } = await ask({ what, sentBytes: 0 }, (client, attempt) => client.send(removal, attempt));
      if ($metadata.httpStatusCode === 204) return;
      throw new GatewayError('store-unavailable', `${what}: what answers there is no bucket`);
    },
    async open(name) {
      const type = uploadTypeOf(name);
      if (type === undefined) return undefined;
      const what = `Could not read an upload from the bucket ${bucket}`;
      const found = await ask({ what, sentBytes: 0 }, async (client, attempt) => {
        try {
          return await client.send(new GetObjectCommand(place(name)), attempt);
        } catch (thrown) {
          if (isNoSuchKey(thrown)) return undefined;
          throw thrown;
        }
      });
      if (found === undefined) return undefined;
      const { Body: body, ContentLength: size } = found;
      if (body instanceof Readable && size !== undefined) {
        return { type, size, content: heedBody(body, { what, silenceMs: times.silenceMs }) };
      }
      if (body instanceof Readable) body.destroy();
      throw new GatewayError('store-unavailable', `${what}: it does not say how long the image is`);
    },
    async close() {
      close();
    },
  };
}
