import type { ErrorCode } from '../errors/index.ts';
import type { BackendCounts, BackendMetrics } from '../observability/backend-metrics.ts';
import type { Logger } from '../observability/log.ts';

/** Who is told what becomes of one backend's replies: counts, and a log line for what is out of the ordinary. */
export interface BackendWatch
  extends Pick<BackendCounts, 'opened' | 'attempted' | 'tokens' | 'firstContent' | 'refused'> {
  retried(retry: { readonly code: ErrorCode; readonly waitMs: number; readonly requestId: string }): void;
  switched(change: { readonly to: string; readonly code: ErrorCode; readonly requestId: string }): void;
  breakerOpened(rest: { readonly restMs: number }): void;
  breakerClosed(): void;
  /** A server does not take a request as it usually is, and is asked in another way from now on. */
  learnt(found: { readonly quirk: string }): void;
}

/** The watch over the backend of that name. Asked for once a backend, not once a reply. */
export type WatchBackends = (backend: string) => BackendWatch;

/** Watches that count in `metrics` and write to `log`. Nothing that was said gets there. */
export function watchBackends({
  metrics,
  log,
}: {
  readonly metrics: BackendMetrics;
  readonly log: Logger;
}): WatchBackends {
  return (backend) => {
    const counts = metrics(backend);
    return {
      ...counts,
      retried(retry) {
        counts.retried();
        log.warn({ backend, ...retry }, 'backend call retried');
      },
      switched(change) {
        counts.switched(change.to);
        log.warn({ backend, ...change }, 'fallback backend used');
      },
      breakerOpened(rest) {
        counts.breaker('open');
        log.warn({ backend, ...rest }, 'circuit breaker opened');
      },
      learnt(found) {
        counts.learnt(found.quirk);
        log.warn({ backend, ...found }, 'backend quirk learned');
      },
      breakerClosed() {
        counts.breaker('closed');
        log.info({ backend }, 'circuit breaker closed');
      },
    };
  };
}
