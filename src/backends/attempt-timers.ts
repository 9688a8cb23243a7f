import type { Timeouts } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';

/** The times of one attempt. */
export interface AttemptTimers {
  /** The wait for the first content is over; the waits between batches begin. */
  contentCame(): void;
  batchAsked(): void;
  /** A sign of life, with or without content: the wait for the first content begins anew. */
  batchCame(): void;
  stop(): void;
}

interface Reader {
  expire(error: GatewayError): void;
  /** Whether anybody waits for a batch: a reader that takes its time is no fault of the backend's. */
  isWaiting(): boolean;
}

/** Starts the clock: one timer, which the batches wind up again. */
export function startTimers(
  { firstEventMs, idleMs }: Pick<Timeouts, 'firstEventMs' | 'idleMs'>,
  { expire, isWaiting }: Reader,
): AttemptTimers {
  const tooLong = (what: string, ms: number): void =>
    expire(new GatewayError('upstream-timeout', `${what} took longer than ${ms} ms`));
  let pause: NodeJS.Timeout | undefined;
  let stopped = false;
  const first =
    firstEventMs === undefined ? undefined : setTimeout(tooLong, firstEventMs, 'The first words', firstEventMs);
  return {
    contentCame() {
      clearTimeout(first);
      if (idleMs === undefined || stopped) return;
      pause = setTimeout(() => {
        if (isWaiting()) tooLong('The next words', idleMs);
      }, idleMs);
    },
    batchAsked: () => void pause?.refresh(),
    batchCame() {
      if (pause === undefined) first?.refresh();
    },
    stop() {
      stopped = true;
      clearTimeout(first);
      clearTimeout(pause);
    },
  };
}
