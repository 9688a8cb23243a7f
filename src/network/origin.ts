import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { GatewayError } from '../errors/index.ts';
import type { SseMessage } from '../sse/index.ts';
import type { AddressGuard } from './addresses.ts';
import {
  type Body,
  type BodyKind,
  createPeek,
  kindOf,
  openBody,
  readDocument,
  readMessages,
  readText,
} from './body.ts';
import type { BoundedQueue } from './bounded-queue.ts';
import { connectionError } from './failures.ts';

export interface OriginSettings {
  /** Scheme, host, port, and the path that stands before every other; no final slash. */
  readonly baseUrl: string;
  readonly connectMs: number;
  readonly addresses: AddressGuard;
  /** The address of an HTTP proxy, through which it is asked in a tunnel. */
  readonly proxy?: string;
  /** PEM: whose certificates are taken, and our own; the system's, and none, unless said. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface OriginRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A response whose body is still to be read: one way or the other, or not at all. */
export interface OriginAnswer {
  readonly status: number;
  /** Lower-case names; of a header that comes more than once, the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the body begins as, whatever its type is said to be: a JSON document, server-sent events, or neither. */
  kind(): Promise<BodyKind>;
  /** The body as JSON. Throws `upstream-protocol` if it is none, or longer than 8 MiB. */
  document(): Promise<unknown>;
  /** The body as it is. Throws `upstream-protocol` if it is longer than 8 MiB. */
  text(): Promise<string>;
  /** The body as server-sent events, a batch a read, as they come. Who stops reading discards or releases the answer. */
  messages(): AsyncIterableIterator<readonly SseMessage[], void>;
  /** Ends the body a second from now, whether its end has come or not. */
  endSoon(): void;
  /** Gives up what was not read, and the connection with it. Harmless after the end. */
  discard(): void;
  /** Lets what is left end by itself within a quarter of a second, so that its connection is kept, and gives it up then. Nothing waits for it. */
  release(): void;
}

/** One server that we ask, over connections that are kept. */
export interface Origin {
  /** As it stands in errors and logs. */
  readonly host: string;
  /**
   * Resolves with the head of the response, whatever its status. Throws `upstream-unavailable` if nobody can be reached,
   * `upstream-failed` if the connection breaks, `upstream-rejected` for a redirect, which is not followed, and the signal's reason.
   */
  send(request: OriginRequest, signal: AbortSignal): Promise<OriginAnswer>;
  close(): Promise<void>;
}

/** Those that are not closed, each with the host of its server. */
const pools = new Map<Pool, string>();

/** Connections of this process to one server. */
export interface ServerConnections {
  readonly host: string;
  readonly open: number;
  readonly busy: number;
  /** Requests that wait for one. */
  readonly waiting: number;
}

/** All servers that are asked, each once, as it is now; those behind a proxy are not told apart, and not told. */
export function serverConnections(): readonly ServerConnections[] {
  const byHost = new Map<string, ServerConnections>();
  for (const [pool, host] of pools) {
    const { connected, running, queued } = pool.stats;
    const known = byHost.get(host) ?? { host, open: 0, busy: 0, waiting: 0 };
    byHost.set(host, {
      host,
      open: known.open + connected,
      busy: known.busy + running,
      waiting: known.waiting + queued,
    });
  }
  return [...byHost.values()];
}

/** Throws `upstream-rejected` for an address that may not be reached. */
export function createOrigin({ baseUrl, connectMs, addresses, tls, proxy }: OriginSettings): Origin {
  const { origin, host, hostname, pathname } = new URL(baseUrl);
  addresses.checkHost(hostname);
  const prefix = pathname.replace(/\/$/, '');
  // Every wait has a timer of ours; Node's own would only say less about it.
  const waits = { headersTimeout: 0, bodyTimeout: 0 };
  const connecting = { timeout: connectMs, lookup: addresses.lookup };
  const pool =
    proxy === undefined
      ? new Pool(origin, { ...waits, connect: { ...connecting, ...tls } })
      : new ProxyAgent({ ...waits, uri: proxy, proxyTls: connecting, requestTls: { timeout: connectMs, ...tls } });
  if (pool instanceof Pool) pools.set(pool, host);
  const send: Origin['send'] = ({ method, path, headers, body = null }, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const handler = createHandler({ host, signal, resolve, reject });
      const head = { 'user-agent': userAgent, ...headers };
      pool.dispatch({ method, origin, headers: head, body, path: `${prefix}${path}` }, handler);
    });
  /** A proxy finds the address of a name by itself: one that may not be reached as we find it is refused before. */
  const sendByProxy: Origin['send'] = async (request, signal) => {
    await new Promise<void>((resolve, reject) => {
      addresses.lookup(hostname, { all: true }, (failure) =>
        failure instanceof GatewayError ? reject(failure) : resolve(),
      );
    });
    return send(request, signal);
  };
  return {
    host,
    send: proxy === undefined ? send : sendByProxy,
    close() {
      if (pool instanceof Pool) pools.delete(pool);
      return pool.destroy();
    },
  };
}

/** So many informational responses may come before the answer. Our choice: hints and signs of life are a few. */
const maxInformational = 100;

/** Our choice: the end of a body follows the last of its words at once, or is not worth waiting for. */
const endingMs = 250;

/** Our choice: counts and end marks follow the last word at once, or are not worth waiting for. */
const lastWordsMs = 1_000;

/** How we are called where we ask. */
const userAgent = 'dragoman';

interface Exchange {
  readonly host: string;
  readonly signal: AbortSignal;
  readonly resolve: (answer: OriginAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads one response straight from the connection: a stream object between it and its one reader would cost as much as reading it. */
function createHandler({ host, signal, resolve, reject }: Exchange): Dispatcher.DispatchHandler {
  let controller: Dispatcher.DispatchController | undefined;
  let body: Body | undefined;
  let over = false;
  let informational = 0;
  let ending: NodeJS.Timeout | undefined;
  const leave = (): void => {
    // A request that waits for its connection has no controller yet, and is aborted as soon as it has one.
    if (controller === undefined) reject(asError(signal.reason));
    else controller.abort(asError(signal.reason));
  };
  signal.addEventListener('abort', leave, { once: true });
  const finish = (): void => {
    over = true;
    clearTimeout(ending);
    signal.removeEventListener('abort', leave);
  };
  const fail = (cause: unknown): void => {
    finish();
    const error = signal.aborted ? asError(signal.reason) : connectionError(cause, host);
    if (body === undefined) reject(error);
    else body.fail(error);
  };
  return {
    onRequestStart(started) {
      controller = started;
      if (signal.aborted) leave();
    },
    onResponseStart(started, status, received) {
      // What is thrown here, undici hands to onResponseError.
      if (status < 200) {
        informational += 1;
        if (informational <= maxInformational) return;
        throw new GatewayError('upstream-protocol', `${host} sends informational responses and no answer`);
      }
      const headers = firstOfEach(received);
      if (status >= 300 && status < 400) throw new GatewayError('upstream-rejected', `${host} redirects (${status})`);
      body = openBody(started, headers['content-encoding'] ?? '');
      const discard = (): void => {
        if (!over) started.abort(new GatewayError('client-closed', 'The rest is not wanted'));
      };
      const release = (): void => {
        if (!over) ending ??= setTimeout(discard, endingMs).unref();
      };
      const whole = body;
      const endSoon = (): void => {
        if (over) return;
        clearTimeout(ending);
        ending = setTimeout(() => {
          whole.end();
          discard();
        }, lastWordsMs).unref();
      };
      resolve(toAnswer({ status, headers, discard, release, endSoon }, body.inbox));
    },
    onResponseData: (_controller, bytes) => body?.push(bytes),
    onResponseEnd() {
      finish();
      body?.end();
    },
    onResponseError: (_controller, cause) => fail(cause),
  };
}

function toAnswer(
  answer: Pick<OriginAnswer, 'status' | 'headers' | 'discard' | 'release' | 'endSoon'>,
  raw: BoundedQueue<Buffer>,
): OriginAnswer {
  const inbox = createPeek(raw);
  return {
    kind: () => inbox.beginning().then(kindOf),
    document: () => readDocument(inbox).finally(answer.discard),
    text: () => readText(inbox).finally(answer.discard),
    messages: () => readMessages(inbox),
    ...answer,
  };
}

function firstOfEach(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const first: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = typeof value === 'string' ? value : value?.[0];
    if (text !== undefined) first[name.toLowerCase()] = text;
  }
  return first;
}

/** A signal's reason is a `GatewayError`; one that is not is told as what it is. */
const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new GatewayError('internal', 'Aborted for no reason');
