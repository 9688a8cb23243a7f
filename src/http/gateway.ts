import type { Services } from '../conversations/services.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Directory } from './directory.ts';
import type { Limits } from './limits.ts';

/** Everything that serving a call needs. */
export interface Gateway {
  readonly dialects: readonly Dialect[];
  readonly services: Services;
  readonly directory: Directory;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Pause before a quiet stream gets a heartbeat comment, in milliseconds. */
  readonly heartbeatMs: number;
  readonly maxUploadBytes: number;
}
