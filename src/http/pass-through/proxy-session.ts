import type { GatewayError } from '../../errors/index.ts';
import { type ProxyTimeouts, type ProxyTimers, startProxyTimers } from './proxy-timers.ts';

/** A call to an origin while it lasts. */
export interface ProxySession {
  readonly clock: ProxyTimers;
  /** Resolves with `end`, rejects with the first failure: one that was told, a time that is over, or the signal's reason. */
  readonly ended: Promise<void>;
  end(): void;
  fail(error: GatewayError): void;
  /** Whether it has ended, one way or the other. */
  isOver(): boolean;
  /** Gives back what it holds; to be called at its end. */
  close(): void;
}

/** The signal's reason is a `GatewayError`. */
export function openProxySession(signal: AbortSignal, times: ProxyTimeouts): ProxySession {
  let over = false;
  let end = (): void => undefined;
  let reject = (_error: GatewayError): void => undefined;
  const ended = new Promise<void>((resolve, refuse) => {
    end = resolve;
    reject = refuse;
  });
  const fail = (error: GatewayError): void => {
    over = true;
    reject(error);
  };
  const leave = (): void => fail(signal.reason as GatewayError); // by the rule above
  const clock = startProxyTimers(times, fail);
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  return {
    clock,
    ended,
    fail,
    end() {
      over = true;
      end();
    },
    isOver: () => over,
    close() {
      clock.stop();
      signal.removeEventListener('abort', leave);
    },
  };
}
