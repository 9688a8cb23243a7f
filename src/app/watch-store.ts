import { GatewayError } from '../errors/index.ts';
import type { ReadinessEvents } from '../http/readiness.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Says once when the store goes away, with why, and when it is back, whoever tells it and however often. */
export function watchStore(log: Logger, { storeUp }: Pick<Metrics, 'storeUp'>): ReadinessEvents {
  let isAway = false;
  return {
    away(reason) {
      storeUp(false);
      if (isAway) return;
      isAway = true;
      const what = reason instanceof GatewayError ? reason.details.lack : undefined;
      log.warn({ reason: reason.message }, `${what ?? 'the store does not answer'}: what needs it is refused`);
    },
    back() {
      storeUp(true);
      if (isAway) log.info('the store answers again');
      isAway = false;
    },
  };
}

/** How often a store is looked at that may be away without anybody asking for it, in milliseconds. Our choice. */
const lookEveryMs = 5_000;

/** Looks at the store of Redis once and again, so that its absence is known before a call meets it. Gives what ends the look. */
export function keepLooking(look: () => Promise<unknown>): { close(): Promise<void> } {
  const timer = setInterval(() => void look(), lookEveryMs).unref();
  void look();
  return { close: async () => clearInterval(timer) };
}
