import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Times } from './gateway.ts';
import type { OpenConnection } from './permits.ts';
import { createPipelining } from './pipelining.ts';

export interface Connections {
  /** Remembers the newest request of a connection; to be called before it is answered. */
  began(request: IncomingMessage, response: ServerResponse): void;
  /** Whether the connection of a request is one too many. */
  isSpare(request: IncomingMessage): boolean;
  /** Whether a request came before the answer to the one before it had left: it is to be held back, and not to be begun. */
  isAhead(request: IncomingMessage): boolean;
  /** Holds such a request back, of which `rest` came after its head. */
  hold(request: IncomingMessage, rest: Buffer): void;
  /**
   * Resolves when nobody has asked for a moment, or after the time (milliseconds): a balancer that was refused once has asked others
   * since. Whoever has connected by then is accepted: what stands before the door when it closes is reset.
   */
  quiet(withinMs: number): Promise<void>;
  /** Ends those on which nothing was ever sent; one that is new gets a moment for its first request. */
  endUnused(): void;
  /** Ends all that there are. */
  endAll(): void;
}

/** Turns of the loop that may bring a connection each. */
const mostTurns = 1_000;

interface Connection extends Pick<OpenConnection, 'isSpare'> {
  readonly openedAt: number;
  /** What it was asked last, and the answer. */
  request?: IncomingMessage;
  response?: ServerResponse;
  /** What it was asked before that answer had left. */
  ahead?: IncomingMessage | undefined;
}

interface Watching {
  /** Whether there is room for one. */
  readonly open: (socket: Socket) => OpenConnection | undefined;
  readonly closing: AbortSignal;
  readonly times: Times;
  /** Counts one that carries no more calls, as there is no room for what was sent ahead. */
  readonly whenFull: () => void;
}

/** So long a connection is open that is one too many, in milliseconds. Our choice. */
const spareMs = 5_000;

/**
 * Looks after the connections of a server, for which `open` has room or has not: each carries one call at a time, one whose client leaves
 * an answer unread is ended after its time, and once `closing` aborts each one ends with the newest answer that it carries, which says so
 * where it still can.
 */
export function watchConnections(
  server: Server,
  { open, closing, whenFull, times: { maxUnreadMs, maxCutMs, firstRequestMs, quietMs } }: Watching,
): Connections {
  const connections = new Map<Socket, Connection>();
  const pipelining = createPipelining(server, whenFull);
  let opened = 0;
  let askedAt = 0;
  server.on('connection', (socket) => {
    if (connections.has(socket)) return; // one that was held back
    const place = open(socket);
    if (place === undefined) {
      socket.destroy();
      return;
    }
    // Node lets go of one that is held back, and is told of a broken one later: without a listener that would end the process.
    socket.on('error', () => undefined);
    opened += 1;
    connections.set(socket, { openedAt: performance.now(), isSpare: place.isSpare });
    const leaves = place.isSpare ? setTimeout(() => socket.destroy(), spareMs) : undefined;
    socket.once('close', () => {
      clearTimeout(leaves);
      place.leave();
      connections.delete(socket);
    });
    const destroySoon = socket.destroySoon.bind(socket);
    // Node ends a connection in this way after the last answer on it.
    socket.destroySoon = () => {
      const unread = connections.get(socket)?.request;
      if (unread === undefined || unread.complete) destroySoon();
      else endAfterReading(unread, maxCutMs);
    };
  });
  closing.addEventListener('abort', () => {
    askedAt = performance.now();
    for (const { response } of connections.values()) if (response !== undefined) announceEnd(response);
  });
  return {
    began(request, response) {
      const { socket } = request;
      askedAt = performance.now();
      const connection = connections.get(socket);
      if (connection !== undefined) {
        connection.request = request;
        connection.response = response;
      }
      if (closing.aborted || connection?.isSpare === true) announceEnd(response);
      // All of the answer is on its way by then; Node sets the time anew when it has left.
      response.once('prefinish', () => {
        if (closing.aborted && connections.get(socket)?.response === response) socket.destroySoon();
        else socket.setTimeout(maxUnreadMs);
      });
    },
    isSpare: ({ socket }) => connections.get(socket)?.isSpare === true,
    isAhead(request) {
      const connection = connections.get(request.socket);
      if (connection?.response === undefined || connection.request === request) return false;
      if (connection.ahead !== request && !connection.response.writableFinished) connection.ahead = request;
      return connection.ahead === request;
    },
    hold(request, rest) {
      const { socket } = request;
      const connection = connections.get(socket);
      if (connection?.response === undefined) return; // `isAhead` has seen it
      pipelining.holdBack({ request, socket, rest, before: connection.response }, () => {
        connection.ahead = undefined;
      });
    },
    async quiet(withinMs) {
      const until = performance.now() + withinMs;
      for (;;) {
        const now = performance.now();
        const leftMs = Math.min(askedAt + quietMs, until) - now;
        if (leftMs <= 0) break;
        await pause(leftMs);
      }
      for (let [turn, before] = [0, -1]; opened !== before && turn < mostTurns; turn += 1) {
        before = opened;
        await new Promise(setImmediate);
      }
    },
    endUnused() {
      // Opened for later, as browsers do: Node would wait for the first request.
      for (const [socket, { openedAt, request }] of connections) {
        const ageMs = performance.now() - openedAt;
        const endIfUnused = (): void => {
          if (socket.bytesRead === 0) socket.destroy();
        };
        if (request !== undefined) continue;
        if (ageMs >= firstRequestMs) endIfUnused();
        else setTimeout(endIfUnused, firstRequestMs - ageMs);
      }
    },
    endAll() {
      for (const socket of connections.keys()) socket.destroy();
    },
  };
}

function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

/**
 * Ends the connection of a request that was answered before all of it had come: when the rest has come, or after a time
 * (milliseconds). One that ends with bytes unread is reset, and the client may lose the answer with it.
 */
function endAfterReading(request: IncomingMessage, withinMs: number): void {
  const { socket } = request;
  const end = (): void => {
    clearTimeout(timer);
    socket.destroy();
  };
  const timer = setTimeout(end, withinMs);
  socket.end();
  request.once('close', end);
  request.resume();
}
