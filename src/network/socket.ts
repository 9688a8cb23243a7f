import { WebSocket } from 'ws';
import { GatewayError } from '../errors/index.ts';
import type { AddressGuard } from './addresses.ts';
import { type BoundedQueue, createBoundedQueue } from './bounded-queue.ts';
import { connectionError } from './failures.ts';

/** No frame may be longer than this, in bytes. */
const maxFrameBytes = 1_048_576;

/** What may wait to be read, in bytes, where each frame counts for some more: empty ones take room too. */
const maxWaiting = 65_536;
const frameCost = 64;

/** How long the other side has to answer a close, in milliseconds. */
const closeMs = 1_000;

export interface SocketSettings {
  /** As that of an origin; the scheme is the one of HTTP. */
  readonly baseUrl: string;
  /** 0 has no bound. */
  readonly connectMs: number;
  readonly addresses: AddressGuard;
  /** The error that a refused handshake is. */
  refusal(answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> }): GatewayError;
}

export interface SocketRequest {
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An open WebSocket to a server that we ask. */
export interface ClientSocket {
  send(text: string): void;
  /**
   * The frames, a batch a read, as they come, until the server closes. Throws `upstream-failed` if the connection breaks,
   * `upstream-protocol` for what is no frame or one over 1 MiB, and the signal's reason.
   */
  frames(): AsyncGenerator<readonly string[], void, void>;
  /** Closes in good order. Harmless after the end. */
  close(): void;
}

/**
 * Opens a WebSocket. Throws `upstream-unavailable` if nobody can be reached, what `refusal` makes of a refused handshake (a redirect
 * among them, which is not followed), `upstream-protocol` for a broken one, and the signal's reason.
 */
export function openSocket(
  settings: SocketSettings,
  request: SocketRequest,
  signal: AbortSignal,
): Promise<ClientSocket> {
  signal.throwIfAborted();
  const { baseUrl, connectMs, addresses, refusal } = settings;
  const { host } = new URL(baseUrl);
  const client = new WebSocket(addressOf(baseUrl, request.path), {
    headers: request.headers,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    followRedirects: false,
    lookup: addresses.lookup,
  });
  const inbox = createBoundedQueue<string>(client, maxWaiting);
  return new Promise((resolve, reject) => {
    const stop = (error: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      inbox.fail(error);
      reject(error);
      client.terminate();
    };
    const leave = (): void => stop(signal.reason as GatewayError); // by the contract of a call's signal
    signal.addEventListener('abort', leave, { once: true });
    const late = () => stop(new GatewayError('upstream-unavailable', `${host} did not open the socket in time`));
    const timer = connectMs > 0 ? setTimeout(late, connectMs) : undefined;
    client.on('unexpected-response', (_request, { statusCode: status = 0, headers }) => {
      stop(refusal({ status, headers: { 'retry-after': headers['retry-after'] ?? '' } }));
    });
    client.on('error', (cause: Error) => stop(socketError(cause, host)));
    client.on('message', (data: Buffer) => inbox.push(data.toString('utf8'), data.length + frameCost));
    client.on('close', (code) => {
      if (code === abnormal) stop(new GatewayError('upstream-failed', `The connection to ${host} broke`));
      signal.removeEventListener('abort', leave);
      inbox.end();
    });
    client.on('open', () => {
      clearTimeout(timer);
      resolve(toClientSocket(client, inbox));
    });
  });
}

/** The close code that no frame carries: the connection ended without one. */
const abnormal = 1006;

function addressOf(baseUrl: string, path: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return `${origin.replace(/^http/, 'ws')}${pathname.replace(/\/$/, '')}${path}`;
}

/** What fails without a code is a handshake that is none. */
function socketError(cause: Error, host: string): GatewayError {
  if ('code' in cause) return connectionError(cause, host);
  return new GatewayError('upstream-protocol', `${host} does not answer as a WebSocket does`, { cause });
}

function toClientSocket(client: WebSocket, inbox: BoundedQueue<string>): ClientSocket {
  return {
    send: (text) => client.send(text, () => undefined), // a connection that breaks says so itself
    async *frames() {
      const next = () => inbox.take((frames) => frames);
      for (let taken = await next(); taken !== undefined; taken = await next()) yield taken;
    },
    close() {
      if (client.readyState === client.CLOSED) return;
      const timer = setTimeout(() => client.terminate(), closeMs);
      client.once('close', () => clearTimeout(timer));
      // What still comes is read by nobody, and must not keep the close from being heard.
      client.removeAllListeners('message');
      client.resume();
      client.close(1000);
    },
  };
}
