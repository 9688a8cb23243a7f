import { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics, ShedReason } from '../observability/metrics.ts';

/** When what was refused is worth another try, in milliseconds. Our choice. */
const retryAfterMs = 2_000;
/** What is refused for one reason is told so often in the log, in milliseconds: each line of a flood would be another one. Our choice. */
const tellEveryMs = 10_000;

/** Counts what is refused because there is too much already, and gives the error that it is refused with. */
export type Shed = (reason: ShedReason) => GatewayError;

export function createShedding({ metrics, log }: { readonly metrics: Metrics; readonly log: Logger }): Shed {
  const toldAt = new Map<ShedReason, number>();
  return (reason) => {
    metrics.shed(reason);
    const now = performance.now();
    if (now - (toldAt.get(reason) ?? Number.NEGATIVE_INFINITY) >= tellEveryMs) {
      toldAt.set(reason, now);
      log.warn({ reason }, 'there is too much at once: some of it is refused');
    }
    return tooMuch();
  };
}

export const tooMuch = (): GatewayError =>
  new GatewayError('overloaded', 'The service has too much to do at the moment, please try again', { retryAfterMs });
