import type { Item, Reply, Timestamp } from './model.ts';

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
  readonly figures: MigrationFigures;
}

/** What was counted since the figures began: when they were told to, or when what is compared, or how, was another one. */
export interface MigrationFigures {
  /** By operation. */
  readonly turns: Readonly<Record<string, number>>;
  /** How many comparisons say something of the candidate: all but those that are inconclusive. */
  readonly comparisons: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Of the primary beside itself. */
  readonly controls: Readonly<Record<Verdict, number>>;
  /** Of them, those that are equal or equivalent, 0 to 1; absent where there is none. */
  readonly share?: number;
  /** Where the share of all turns lies, in 95 of 100 cases (Wilson). */
  readonly interval: readonly [number, number];
  /** The most frequent first. */
  readonly differences: readonly { readonly field: string; readonly count: number; readonly share: number }[];
  /** Until the end of answers, within 10 %; absent where there is none. */
  readonly primaryMs?: Percentiles;
  readonly candidateMs?: Percentiles;
  /** That the shadow has used. */
  readonly tokens: number;
  /** What the primary sends that no document of its dialect names. */
  readonly unnamed: readonly { readonly field: string; readonly count: number }[];
}

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

/**
 * `equal`; `equivalent`: no further apart than the primary is from itself, or than is let pass; `different`; `failed`: the candidate gave no
 * whole reply; `inconclusive`: the primary gave none.
 */
export const verdicts = ['equal', 'equivalent', 'different', 'failed', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

/** Who answered the client, and who was asked beside it. */
export interface Sides<T> {
  readonly primary: T;
  readonly candidate: T;
}

/** A field by its name in the loss table (`output.text`, `item.price`); `item.…` once, however many items differ in it. */
export interface Difference extends Sides<unknown> {
  readonly field: string;
}

/** What one side of a comparison answered, as much of it as is kept. */
export interface ComparedAnswer {
  readonly status: number;
  readonly code: string;
  /** Until the end, in milliseconds. */
  readonly ms: number;
  readonly reply?: Pick<Reply, 'text' | 'suggestions'> & {
    readonly finishReason?: Reply['finishReason'];
    readonly items: readonly Pick<Item, 'id' | 'title' | 'price' | 'currency' | 'availability'>[];
  };
}

/** One turn, answered by both sides. */
export interface ComparedTurn extends Sides<ComparedAnswer> {
  /** Counts from 1 in its migration: the newest has the highest. */
  readonly id: string;
  readonly at: Timestamp;
  /** Absent where the client keeps the dialogue itself. */
  readonly conversationId?: string;
  readonly operation: 'send-message';
  readonly dialect: string;
  /** What the visitor said. */
  readonly text: string;
  readonly verdict: Verdict;
  readonly differences: readonly Difference[];
}
