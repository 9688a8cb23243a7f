import { GatewayError, toGatewayError } from '../errors/index.ts';

/** The time that a reply has: it is over when the caller leaves, or when the total time is up. */
export interface Deadline {
  /** Why it is over; `undefined` while it is not. */
  readonly reason: GatewayError | undefined;
  readonly leftMs: number;
  /** Says what is to be stopped when the term is over: now this, and nothing that was named before. */
  interrupts(stop: (reason: GatewayError) => void): void;
  /** Resolves after the time; rejects with the reason when the term is over. */
  pause(ms: number): Promise<void>;
  expire(reason: GatewayError): void;
  /** Takes down its timer and its ear on the caller's signal. */
  close(): void;
}

/** A term that begins now. */
export function startDeadline({
  signal,
  totalMs,
}: {
  readonly signal: AbortSignal;
  readonly totalMs: number | undefined;
}): Deadline {
  const startedAt = performance.now();
  let reason: GatewayError | undefined;
  let stop: ((reason: GatewayError) => void) | undefined;
  const expire = (why: GatewayError): void => {
    if (reason !== undefined) return;
    reason = why;
    stop?.(why);
  };
  const leave = (): void => expire(toGatewayError(signal.reason));
  const runOut = (): void => expire(new GatewayError('upstream-timeout', `The reply took longer than ${totalMs} ms`));
  signal.addEventListener('abort', leave, { once: true });
  const timer = totalMs === undefined ? undefined : setTimeout(runOut, totalMs);
  const interrupts = (next: (reason: GatewayError) => void): void => {
    stop = next;
    if (reason !== undefined) next(reason);
  };
  return {
    get reason() {
      return reason;
    },
    get leftMs() {
      return totalMs === undefined ? Number.POSITIVE_INFINITY : totalMs - (performance.now() - startedAt);
    },
    interrupts,
    pause: (ms) =>
      new Promise((resolve, reject) => {
        const waiting = setTimeout(resolve, ms);
        interrupts((why) => {
          clearTimeout(waiting);
          reject(why);
        });
      }),
    expire,
    close() {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    },
  };
}
