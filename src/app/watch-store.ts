import type { ReadinessEvents } from '../http/readiness.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Says once when the store goes away, with why, and when it is back. */
export function watchStore(log: Logger, { storeUp }: Pick<Metrics, 'storeUp'>): ReadinessEvents {
  return {
    away({ message }) {
      storeUp(false);
      log.warn({ reason: message }, 'the store does not answer: what needs it is refused');
    },
    back() {
      storeUp(true);
      log.info('the store answers again');
    },
  };
}
