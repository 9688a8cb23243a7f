import express, { type Request, type Response } from 'express';
import multer, { MulterError, type StorageEngine } from 'multer';
import { checkClientJson, parseClientJson } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Reading } from './pace.ts';

/** A JSON body of a page, and a frame of a socket, may not be longer, in bytes. Our choice. */
export const maxBodyBytes = 1_048_576;

/** As sentences name it. */
const theBody = 'The request body';

const jsonType = /^\s*(?:$|(?:text\/json|application\/(?:[\w!#$&^.+-]+\+)?json)\s*(?:;|$))/i;
/** How a page's last words come: `navigator.sendBeacon` of a text, which asks for no leave before. */
const beaconType = /^\s*text\/plain\s*;\s*charset\s*=\s*"?utf-?8\b/i;
/** US-ASCII is a part of UTF-8. */
const otherCharset = /charset\s*=\s*"?(?!(?:utf-?8|(?:us-)?ascii)\b)[\w-]/i;
/** Throws on what is no UTF-8. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** As many bytes as a body says that it has, of so many that it may have; as many as those where nobody can tell before it is read. One that is longer is not read. */
export function bodySize({ headers }: Request, most: number): number {
  const {
    'transfer-encoding': transfer,
    'content-encoding': encoding = 'identity',
    'content-length': length,
  } = headers;
  return transfer === undefined && encoding === 'identity' ? Math.min(Number(length ?? 0), most) : most;
}

/** How many bytes a body had that was read. */
export const sizeRead = ({ body }: Request): number => (Buffer.isBuffer(body) ? body.length : 0);

type JsonReader = (request: Request, response: Response) => Reading<unknown>;

/**
 * A reader of the request's JSON; `undefined` for an empty body. Throws `unsupported-media-type` for another content type (none at all
 * is taken for JSON), `payload-too-large`, `malformed-request` with the text that is not JSON, and `invalid-request` for JSON of too much.
 */
function jsonReader(isJson: (type: string) => boolean, limit: number): JsonReader {
  const readRaw: Middleware = express.raw({ type: () => true, limit });
  return (request, response) => (resolve, reject) => {
    const type = request.headers['content-type'];
    const hasBody = request.headers['content-length'] !== '0' && hasContent(request);
    if (hasBody && type !== undefined) {
      if (!isJson(type)) throw new GatewayError('unsupported-media-type', 'The content type must be application/json');
      if (otherCharset.test(type)) throw new GatewayError('unsupported-media-type', 'The charset must be UTF-8');
    }
    readRaw(request, response, (error?: unknown) => {
      if (error === undefined || error === null) {
        try {
          const bytes: unknown = request.body;
          resolve(Buffer.isBuffer(bytes) && bytes.length > 0 ? parseClientJson(decodeUtf8(bytes), theBody) : undefined);
        } catch (thrown) {
          reject(thrown);
        }
      } else reject(toBodyError(error));
    });
  };
}

/** Where callers with keys ask, who may send so many bytes. */
export const createJsonReader = (limit: number): JsonReader => jsonReader((type) => jsonType.test(type), limit);

/** Where pages call. */
export const readPageBody = jsonReader((type) => jsonType.test(type) || beaconType.test(type), maxBodyBytes);

const hasContent = ({ headers }: Request): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    const source = bytes.toString('latin1');
    checkClientJson(source, theBody);
    throw new GatewayError('malformed-request', `${theBody} is not valid UTF-8`, { cause, source });
  }
}

/** Finds a place for a file by the fields that came before it. What it throws refuses the file unread. */
export type FindPlace = (fields: Readonly<Record<string, unknown>>) => Promise<{ grow(bytes: number): void }>;

/** A reader of multipart bodies: the file of one field as `{ bytes }`, whatever else calls itself so left out; the other fields as they come. */
export function createMultipartReader(field: string, maxFileBytes: number) {
  const limits = { fileSize: maxFileBytes, files: 1, fields: 16, fieldSize: 4_096, parts: 20, headerPairs: 50 };
  return (request: Request, response: Response, findPlace: FindPlace): Reading<unknown> =>
    (resolve, reject) => {
      if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) {
        throw new GatewayError('unsupported-media-type', 'The content type must be multipart/form-data');
      }
      // Multer tells of a failure when all of the body has come, which may be never.
      const storage = keepInPlace(() => findPlace(fieldsOf(request)), reject);
      void multer({ storage, limits }).single(field)(request, response, (error: unknown) => {
        if (error !== undefined && error !== null) {
          reject(toBodyError(error));
          return;
        }
        const { [field]: _noFile, ...fields } = fieldsOf(request);
        resolve({ ...fields, ...(request.file && { [field]: { bytes: request.file.buffer } }) });
      });
    };
}

const fieldsOf = ({ body }: Request) => Object(body) as Readonly<Record<string, unknown>>; // multer's own object, if anything

/** Keeps a file in memory, once there is a place for it; until then none of it is read. */
function keepInPlace(findPlace: () => ReturnType<FindPlace>, refuse: (reason: unknown) => void): StorageEngine {
  const read = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    const place = await findPlace();
    for await (const chunk of stream) {
      place.grow(chunk.length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  return {
    _handleFile(_request, { stream }, done) {
      read(stream).then(
        (buffer) => done(null, { buffer }),
        (reason: unknown) => {
          refuse(reason);
          stream.resume();
          done(reason);
        },
      );
    },
    _removeFile(_request, _file, done) {
      done(null);
    },
  };
}

type Middleware = (request: Request, response: Response, next: (error?: unknown) => void) => unknown;

const tooLarge = new Set(['entity.too.large', 'LIMIT_FILE_SIZE', 'LIMIT_FIELD_VALUE']);

/** What the body readers throw, in our words. Their `type` and `code` are documented; anything else is a broken body. */
function toBodyError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const { type, code } = Object(cause) as { readonly type?: unknown; readonly code?: unknown };
  if (tooLarge.has(String(type)) || tooLarge.has(String(code))) {
    return new GatewayError('payload-too-large', 'The request is too large', { cause });
  }
  if (type === 'encoding.unsupported') {
    return new GatewayError('unsupported-media-type', 'The content encoding is not supported', { cause });
  }
  if (type === 'request.aborted') return new GatewayError('client-closed', 'The client went away', { cause });
  const message =
    cause instanceof MulterError ? `The form is not valid: ${cause.message}` : 'The request body cannot be read';
  return new GatewayError('malformed-request', message, { cause });
}
