import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dialect } from '../dialects/dialect.ts';
import { type ErrorCode, GatewayError } from '../errors/index.ts';
import { endCall } from './end-call.ts';
import type { Gateway } from './gateway.ts';
import { beginCall } from './http-call.ts';
import { refuseOnSocket } from './render-error.ts';
import { pathOf } from './request-head.ts';

export interface ClientErrors {
  /** Remembers what a connection is busy with, to know whose fault a fault is, and whether an answer has begun. */
  began(request: IncomingMessage, response: ServerResponse): void;
  /** Answers bytes that are no HTTP request, in the dialect that they were meant for, and closes the connection. */
  answer(cause: Error, socket: Duplex): void;
  /** Answers a WebSocket handshake that is none. */
  refuse(cause: Error, socket: Duplex, request: IncomingMessage): void;
}

/** What Node finds wrong with a request, by the code of its error; anything else is no HTTP. */
const faults: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  ['HPE_HEADER_OVERFLOW', ['payload-too-large', 'The address and headers of the request are too large']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['payload-too-large', 'The request is too large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['request-timeout', 'The request took too long to come']],
]);

const codeOf = ({ code = '' }: Error & { readonly code?: string }): string => code;

/** Whether somebody may be there to be told: not after a connection was lost. */
const isTold = (cause: Error): boolean => codeOf(cause).startsWith('HPE_') || faults.has(codeOf(cause));

function faultOf(cause: Error): GatewayError {
  const [errorCode, sentence] = faults.get(codeOf(cause)) ?? ['malformed-request', 'The request is not valid HTTP'];
  return new GatewayError(errorCode, sentence, { cause });
}

const requestLine = /^\S+ (\S+)/;

/** Whom the bytes were meant for, as far as they say. */
function targetIn(cause: Error): string | undefined {
  const { rawPacket } = cause as { readonly rawPacket?: unknown }; // documented with `clientError`
  return Buffer.isBuffer(rawPacket) ? requestLine.exec(rawPacket.toString('latin1', 0, 2_048))?.[1] : undefined;
}

/** Node would close the connection with an answer of no dialect, or none. */
export function createClientErrors(
  gateway: Pick<Gateway, 'metrics' | 'log' | 'access'>,
  dialectOf: (path: string) => Dialect,
): ClientErrors {
  const busy = new WeakMap<Duplex, { readonly request: IncomingMessage; readonly response: ServerResponse }>();
  const doomed = new WeakSet<Duplex>();

  const close = (socket: Duplex, target: string | undefined, error: GatewayError): void => {
    const dialect = dialectOf(pathOf(target ?? ''));
    const entry = beginCall(
      { dialect, operation: 'none', address: '', carrier: 'http', tracer: undefined },
      new AbortController().signal,
    );
    entry.error = error;
    refuseOnSocket(socket, entry, error);
    endCall(gateway, entry);
  };

  return {
    began(request, response) {
      busy.set(request.socket, { request, response });
    },
    answer(cause, socket) {
      // Node tells the same fault again with whatever else comes.
      if (doomed.has(socket)) return;
      doomed.add(socket);
      const { request, response } = busy.get(socket) ?? {};
      const canTell = socket.writable && isTold(cause);
      const isRunning = request !== undefined && response?.writableFinished === false;
      if (canTell && isRunning && request.complete) {
        response.once('finish', () => close(socket, targetIn(cause) ?? request.url, faultOf(cause)));
      } else if (!canTell || (isRunning && response.headersSent)) socket.destroy();
      else close(socket, isRunning ? request.url : (targetIn(cause) ?? request?.url), faultOf(cause));
    },
    refuse(cause, socket, { url }) {
      close(socket, url, new GatewayError('malformed-request', cause.message, { cause }));
    },
  };
}
