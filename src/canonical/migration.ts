import type { Timestamp } from './model.ts';

/** Where a migration stands, in order. */
export const stages = ['observe', 'shadow', 'canary', 'cutover', 'retired'] as const;
export type Stage = (typeof stages)[number];

/** What is kept of where a migration stands. */
export interface MigrationState {
  readonly name: string;
  readonly stage: Stage;
  /** The part of the conversations that begin in `canary` and go to the new side, 0 to 1; absent: what the configuration says. */
  readonly canary?: number;
  /** When it came to this stage. */
  readonly since: Timestamp;
  /** Grows by one with every change; 0 while nothing is kept. */
  readonly revision: number;
}

/** A change of where a migration stands. */
export interface StageChange {
  readonly at: Timestamp;
  /** The name of a token, or what changed it by itself. */
  readonly by: string;
  /** Absent at the beginning. */
  readonly from?: Stage;
  readonly to: Stage;
  /** The share that was set: `10%`. */
  readonly canary?: string;
  readonly why: string;
}

/** A migration as operators see it. */
export interface Migration extends Omit<MigrationState, 'canary'> {
  readonly tenantId: string;
  /** `5%` */
  readonly canary: string;
  readonly from: string;
  readonly to: string;
  readonly ready: boolean;
  /** `inconclusive`: there are too few figures to tell. */
  readonly readiness: 'yes' | 'no' | 'inconclusive';
  readonly reasons: readonly string[];
}
