import type { Timeouts } from '../../config/index.ts';
import { type ErrorCode, GatewayError } from '../../errors/index.ts';

/** What a passed call is waiting for. */
export type Phase = 'connect' | 'firstEvent' | 'idle' | 'unread';

/** In milliseconds. */
export interface ProxyTimeouts extends Timeouts {
  /** How long a client may leave unread what was written to it. */
  readonly unreadMs: number;
  /** Whether the origin is not to blame for having said nothing yet. */
  isExcused?(): boolean;
}

export interface ProxyTimers {
  /** Waits for something else from now on. */
  await(phase: Phase): void;
  /** What is waited for goes on. */
  refresh(): void;
  stop(): void;
}

const overdue: Readonly<Record<Phase, readonly [ErrorCode, string]>> = {
  connect: ['upstream-unavailable', 'The origin could not be reached in time'],
  firstEvent: ['upstream-timeout', 'The origin did not begin to answer in time'],
  idle: ['upstream-timeout', 'The origin stopped in the middle of its answer'],
  unread: ['client-closed', 'The client does not read'],
};

/** Watches the waits of one call, one after the other, and the whole of it. */
export function startProxyTimers(times: ProxyTimeouts, expire: (error: GatewayError) => void): ProxyTimers {
  const { connectMs, firstEventMs, idleMs, totalMs, unreadMs } = times;
  const limits = { connect: connectMs, firstEvent: firstEventMs, idle: idleMs, unread: unreadMs };
  let phase: Phase = 'connect';
  let wait: NodeJS.Timeout | undefined;
  const look = (): void => {
    if (phase === 'firstEvent' && times.isExcused?.()) wait?.refresh();
    else expire(new GatewayError(...overdue[phase]));
  };
  const tooLong = (): void => expire(new GatewayError('upstream-timeout', 'The origin took too long to answer'));
  let stopped = false;
  const total = totalMs === undefined ? undefined : setTimeout(tooLong, totalMs);
  return {
    await(next) {
      if (stopped) return;
      phase = next;
      clearTimeout(wait);
      const limit = limits[next];
      wait = limit === undefined ? undefined : setTimeout(look, limit);
    },
    refresh() {
      if (!stopped) wait?.refresh();
    },
    stop() {
      stopped = true;
      clearTimeout(wait);
      clearTimeout(total);
    },
  };
}
