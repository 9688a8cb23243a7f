import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { refuseSignature, type S3Credentials } from './s3-signature.ts';

/** What goes wrong with a request. */
export type S3Fault =
  /** Refused: try again later. */
  | 'slow-down'
  /** Refused: this key may not do that. */
  | 'denied'
  /** The connection is cut before an answer. */
  | 'reset'
  /** Nothing is answered. */
  | 'silence'
  /** An error whose text never ends. */
  | 'endless-error'
  /** What is asked for comes to its half, and the connection is cut. */
  | 'break-off'
  /** What is asked for comes to its half, and then nothing. */
  | 'stall'
  /** What is there is no bucket: a page for everybody. */
  | 'page';

export interface S3Server {
  readonly url: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
  /** By their whole names. */
  readonly objects: ReadonlyMap<string, { readonly bytes: Buffer; readonly type: string }>;
  /** `GET /bucket/name`, of every request. */
  readonly received: readonly string[];
  /** Requests that are not answered to their end yet. */
  readonly serving: number;
  /** How many answers were left by who had asked, before their end. */
  readonly left: number;
  /** Connections that are open. */
  connections(): Promise<number>;
  /** The next requests meet a fault: the next one unless told how many. */
  fail(fault: S3Fault, times?: number): void;
  /** The next request is answered when what is given here is called. */
  hold(): () => void;
  /** Goes away, and keeps what it has. */
  stop(): Promise<void>;
  /** Is there again, under the same address. */
  start(): Promise<void>;
}

const sentences: Readonly<Record<string, readonly [status: number, sentence: string]>> = {
  AccessDenied: [403, 'Access Denied'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  SignatureDoesNotMatch: [403, 'The request signature we calculated does not match the signature you provided.'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  SlowDown: [503, 'Please reduce your request rate.'],
};

/** A server that keeps objects as S3 does, with path-style addresses and signed headers, and fails as it is told. */
export async function startS3(): Promise<S3Server> {
  const bucket = 'shop-uploads';
  const credentials = { accessKeyId: 'TESTACCESSKEY', secretAccessKey: 'test-secret-access-key' };
  const objects = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  const received: string[] = [];
  const faults: S3Fault[] = [];
  let held: Promise<void> | undefined;
  let serving = 0;
  let left = 0;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    serving += 1;
    response.once('close', () => {
      serving -= 1;
      if (!response.writableFinished) left += 1;
    });
    const path = new URL(request.url ?? '', 'http://bucket').pathname;
    received.push(`${request.method ?? ''} ${path}`);
    const fault = faults.shift();
    if (fault === 'silence') return;
    if (fault === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const body = await buffer(request);
    const holding = held;
    held = undefined;
    await holding;
    const [, first, ...rest] = path.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const refused = refuseSignature(request, body, credentials);
    if (fault === 'page') response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Welcome</title>');
    else if (fault === 'slow-down') refuse(response, 'SlowDown', path);
    else if (fault === 'denied') refuse(response, 'AccessDenied', path);
    else if (fault === 'endless-error') response.writeHead(500, { 'content-type': 'application/xml' }).write('<Error>');
    else if (refused !== undefined) refuse(response, refused, path);
    else if (first !== bucket) refuse(response, 'NoSuchBucket', path);
    else if (request.method === 'PUT') put(response, key, { bytes: body, type: request.headers['content-type'] ?? '' });
    else if (request.method === 'DELETE') {
      objects.delete(key);
      response.writeHead(204).end();
    } else if (request.method === 'GET') await get(response, { key, path, fault });
    else refuse(response, 'MethodNotAllowed', path);
  };

  const put = (response: ServerResponse, key: string, object: { bytes: Buffer; type: string }): void => {
    objects.set(key, object);
    response.writeHead(200, { etag: tagOf(object.bytes), 'content-length': 0 }).end();
  };

  const get = async (
    response: ServerResponse,
    { key, path, fault }: { key: string; path: string; fault: S3Fault | undefined },
  ): Promise<void> => {
    const object = objects.get(key);
    if (object === undefined) {
      refuse(response, 'NoSuchKey', path);
      return;
    }
    const { bytes, type } = object;
    const half = bytes.subarray(0, bytes.length / 2);
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length, etag: tagOf(bytes) });
    if (fault === 'break-off') response.write(half, () => response.socket?.destroy());
    else if (fault === 'stall') response.write(half);
    // Piece by piece, so that a reader who is slow is waited for.
    else await pipeline(Readable.from(piecesOf(bytes)), response).catch(() => response.destroy());
  };

  const running = { server: createServer(), port: 0 };
  const start = async (): Promise<void> => {
    const server: Server = createServer((request, response) => {
      serve(request, response).catch(() => response.destroy()); // who asked has left
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(running.port, '127.0.0.1', resolve);
    });
    running.server = server;
    running.port = (server.address() as AddressInfo).port; // it listens on TCP
  };
  await start();
  return {
    url: `http://127.0.0.1:${running.port}`,
    bucket,
    credentials,
    objects,
    received,
    get serving() {
      return serving;
    },
    get left() {
      return left;
    },
    connections: () => new Promise((resolve) => running.server.getConnections((_failure, count) => resolve(count))),
    fail: (fault, times = 1) => void faults.push(...Array.from({ length: times }, () => fault)),
    hold() {
      let release = (): void => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
    async stop() {
      const stopped = new Promise((resolve) => running.server.close(resolve));
      running.server.closeAllConnections();
      await stopped;
    },
    start,
  };
}

const tagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;

function* piecesOf(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
}

function refuse(response: ServerResponse, code: string, resource: string): void {
  const [status, sentence] = sentences[code] ?? [500, 'We encountered an internal error. Please try again.'];
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>${code}</Code><Message>${sentence}</Message><Resource>${resource}</Resource><RequestId>4442587FB7D0A2F9</RequestId></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) }).end(xml);
}
