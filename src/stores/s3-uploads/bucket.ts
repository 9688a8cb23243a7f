import { NoSuchKey, S3Client, type S3ClientConfig, S3ServiceException } from '@aws-sdk/client-s3';
import { GatewayError, toGatewayError } from '../../errors/index.ts';

/** Which bucket, and as whom. */
export interface BucketPlace {
  readonly bucket: string;
  /** Absent: AWS's own of the region. */
  readonly endpoint?: string;
  readonly region: string;
  /** Absent: what the library finds in the environment. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Whether the bucket's name stands in the path, not in the host's name. */
  readonly pathStyle: boolean;
}

/** In milliseconds. */
export interface BucketTimes {
  readonly connectMs: number;
  /** From asking to the beginning of the answer; what is sent along gets more. */
  readonly answerMs: number;
  /** Between two parts of an answer that are waited for. */
  readonly silenceMs: number;
}

/** One attempt of several at an answer. */
export interface BucketCall {
  readonly abortSignal: AbortSignal;
  /** In milliseconds. */
  readonly requestTimeout: number;
}

/** A bucket whose every answer begins in time, or fails with `store-unavailable`. */
export interface Bucket {
  /** Asks; `what` says in an error what could not be done. `sentBytes` are sent along. */
  ask<T>(
    { what, sentBytes }: { readonly what: string; readonly sentBytes: number },
    command: (client: S3Client, attempt: BucketCall) => Promise<T>,
  ): Promise<T>;
  close(): void;
}

const maxAttempts = 3;

/** Each visitor who reads an image slowly holds one. */
const maxSockets = 256;

/** Slower than this a bucket is as good as away. */
const minBytesPerMs = 1_048;

/** The library would write to the console where nobody takes its words; they are the bucket's. */
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** A client that keeps its connections, tries again what may succeed then, and ends what takes too long. */
export function openBucket(place: BucketPlace, { connectMs, answerMs }: BucketTimes): Bucket {
  const { endpoint, region, credentials, pathStyle } = place;
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    maxAttempts,
    // The signature covers a hash of the content; checksums beyond that are not known to every server that speaks S3.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Waiting to be asked for what is sent costs a round trip, and a connection of its own.
    expectContinueHeader: false,
    logger: silent,
    requestHandler: {
      connectionTimeout: connectMs,
      throwOnRequestTimeout: true,
      socketTimeout: 0, // would also end what a slow reader does not take
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
      logger: silent,
    },
  } satisfies S3ClientConfig);
  const running = new Set<(reason: string) => void>();
  return {
    async ask({ what, sentBytes }, command) {
      const requestTimeout = answerMs + Math.ceil(sentBytes / minBytesPerMs);
      const controller = new AbortController();
      const { signal } = controller;
      const giveUp = (reason: string) => controller.abort(new GatewayError('store-unavailable', `${what}: ${reason}`));
      const givenUp = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(toGatewayError(signal.reason)), { once: true });
      });
      running.add(giveUp);
      // All attempts together, and finding credentials, may take twice as long as one attempt.
      const timer = setTimeout(() => giveUp('it took too long'), 2 * requestTimeout);
      try {
        return await Promise.race([command(client, { abortSignal: signal, requestTimeout }), givenUp]);
      } catch (thrown) {
        throw bucketFailure(what, thrown);
      } finally {
        clearTimeout(timer);
        running.delete(giveUp);
      }
    },
    close() {
      for (const giveUp of running) giveUp('it was closed');
      client.destroy();
    },
  };
}

/** Whether a bucket said that it has no object of that name. A bucket that is not there says something else. */
export function isNoSuchKey(thrown: unknown): boolean {
  return thrown instanceof NoSuchKey;
}

/**
 * What a bucket or the way to it threw, as `store-unavailable`. Only codes, names and the status are told: sentences are the
 * bucket's, and may hold the parts of a signature.
 */
function bucketFailure(what: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const status = thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined;
  const facts = [wordOf(thrown, 'code') ?? wordOf(thrown, 'name'), status].filter((fact) => fact !== undefined);
  return new GatewayError('store-unavailable', `${what}: ${facts.join(', ') || 'for an unknown reason'}`);
}

/** Longer ones, or ones with spaces, would be sentences. */
const word = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;

function wordOf(thrown: unknown, field: 'code' | 'name'): string | undefined {
  const value: unknown = thrown instanceof Error ? Reflect.get(thrown, field) : undefined;
  return typeof value === 'string' && word.test(value) ? value : undefined;
}
