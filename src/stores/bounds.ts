import { GatewayError } from '../errors/index.ts';
import type { AuditBounds } from './audit-book.ts';

/** How much is kept. */
export interface StoreBounds {
  /** Beyond so many messages the oldest are dropped. */
  readonly maxMessages?: number;
  readonly audit?: Partial<AuditBounds>;
}

/** Our choice. */
export const defaultMaxMessages = 10_000;
/** So many nudges wait in a conversation at most. Our choice. */
export const mostNudges = 100;

export const tooManyNudges = (): GatewayError =>
  new GatewayError('conflict', `${mostNudges} nudges wait for the visitor already`);
