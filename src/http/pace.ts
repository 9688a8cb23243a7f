import type { IncomingMessage } from 'node:http';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { Gateway, Times } from './gateway.ts';
import type { HttpCall } from './http-call.ts';

/** A body that takes longer to come is cut off, in bytes a second. Our choice. */
export const leastBytesPerSecond = 500;

/** Looks after the pace at which bodies come. */
export interface Pace {
  /**
   * Calls `tooSlow` once if what is read of a request's body does not come in time: it has `bodyGraceMs`, and time by the least rate
   * for each byte that comes, at most `bodyAheadMs` ahead. What waits for us to read it counts as coming. Gives what ends the watch.
   */
  watch(request: IncomingMessage, tooSlow: () => void): () => void;
}

interface Watched {
  readonly request: IncomingMessage;
  readonly tooSlow: () => void;
  /** In milliseconds. */
  left: number;
  /** That had come at the last look, and when that was; nobody has looked yet while it is 0. */
  bytes: number;
  lookedAt: number;
}

/** One timer for all: a body mostly comes with its head, and a timer of its own would cost more than reading it. */
export function createPace({ bodyGraceMs, bodyAheadMs }: Pick<Times, 'bodyGraceMs' | 'bodyAheadMs'>): Pace {
  const watched = new Set<Watched>();
  const everyMs = Math.min(1_000, bodyGraceMs / 2);
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => {
    const now = performance.now();
    for (const body of watched) {
      spend(body, now, bodyAheadMs);
      if (body.left >= 0) continue;
      watched.delete(body);
      body.tooSlow();
    }
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    watch(request, tooSlow) {
      const body: Watched = { request, tooSlow, left: bodyGraceMs, bytes: 0, lookedAt: 0 };
      watched.add(body);
      timer ??= setInterval(look, everyMs).unref();
      return () => watched.delete(body);
    },
  };
}

function spend(body: Watched, now: number, mostAhead: number): void {
  const { request, lookedAt } = body;
  const bytes = request.socket.bytesRead;
  const isOurs = request.complete || request.readableFlowing !== true || request.readableLength > 0;
  if (lookedAt !== 0 && !isOurs) {
    const earned = ((bytes - body.bytes) * 1_000) / leastBytesPerSecond;
    body.left = Math.min(body.left + earned, mostAhead) - (now - lookedAt);
  }
  body.bytes = bytes;
  body.lookedAt = now;
}

/** Reads a body; says when it is there, or why it will not be. */
export type Reading<T> = (resolve: (body: T) => void, reject: (reason: unknown) => void) => void;

/** A body, unless it comes too slowly or the call is given up before all of it has come. */
export function inTime<T>(gateway: Gateway, http: HttpCall, read: Reading<T>): Promise<T> {
  const { signal } = http.call;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => fail(signal.reason);
    const unwatch = keepPace(gateway, http);
    const leave = (): void => {
      unwatch();
      signal.removeEventListener('abort', giveUp);
    };
    const fail = (reason: unknown): void => {
      leave();
      reject(toGatewayError(reason));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      read((body) => {
        leave();
        resolve(body);
      }, fail);
    } catch (thrown) {
      fail(thrown);
    }
  });
}

/** Gives a call up if its body comes too slowly. Gives what ends the watch. */
export function keepPace({ pace }: Pick<Gateway, 'pace'>, { request, abort }: HttpCall): () => void {
  return pace.watch(request, () =>
    abort(new GatewayError('request-timeout', 'The request body comes too slowly, please try again')),
  );
}
