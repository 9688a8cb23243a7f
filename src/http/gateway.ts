import type { LogConfig } from '../config/index.ts';
import type { Services } from '../conversations/services.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Tracer } from '../observability/trace.ts';
import type { CallerRegistry } from './caller-registry.ts';
import type { Lifetime } from './lifetime.ts';
import type { Limits } from './limits.ts';
import type { Pace } from './pace.ts';
import type { Observations } from './pass-through/observations.ts';
import type { PassThrough } from './pass-through/pass-through.ts';
import type { Permits, Shed } from './permits.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { UploadPlaces } from './upload-places.ts';

/** Everything that serving a call needs. */
export interface Gateway {
  readonly dialects: readonly Dialect[];
  readonly services: Services;
  readonly callers: CallerRegistry;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly tracer: Tracer | undefined;
  /** Which calls have a line of their own in the log. */
  readonly access: LogConfig['access'];
  readonly lifetime: Lifetime;
  readonly subscriptions: Subscriptions;
  readonly times: Times;
  readonly permits: Permits;
  readonly shed: Shed;
  readonly passThrough: PassThrough;
  readonly observations: Observations;
  readonly maxUploadBytes: number;
  /** The longest JSON body of a caller with a key, in bytes. */
  readonly maxKeyedBodyBytes: number;
  readonly uploadPermits: UploadPlaces;
  readonly pace: Pace;
}

/** Times, in milliseconds. */
export interface Times {
  /** Pause before a quiet stream gets a heartbeat comment. */
  readonly heartbeatMs: number;
  /** How long a client may leave unread what was written to it. */
  readonly maxUnreadMs: number;
  /** How long a call that is cut off may take to put its affairs in order. */
  readonly maxCutMs: number;
  /** How long a gateway that closes waits for somebody who has not noticed. */
  readonly quietMs: number;
  /** How long it waits for those at most. */
  readonly maxNoticeMs: number;
  /** How long a connection may take to its first request, where nothing else is waited for. */
  readonly firstRequestMs: number;
  /** How long the head of a request may take to come. */
  readonly headMs: number;
  /** How long a whole request may take to come, however fast. */
  readonly requestMs: number;
  /** How long a body may take to begin to come by the least rate. */
  readonly bodyGraceMs: number;
  /** How long a body that came faster than that may pause. */
  readonly bodyAheadMs: number;
}

/** Our choice. */
export const defaultTimes: Omit<Times, 'heartbeatMs'> = {
  maxUnreadMs: 60_000,
  maxCutMs: 1_000,
  quietMs: 250,
  maxNoticeMs: 2_000,
  firstRequestMs: 500,
  headMs: 20_000,
  requestMs: 300_000,
  bodyGraceMs: 5_000,
  bodyAheadMs: 20_000,
};
