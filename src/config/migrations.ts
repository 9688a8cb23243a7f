import { defined, type Stage } from '../canonical/index.ts';
import { readDuration } from './duration.ts';

/** Shares are from 0 to 1, times in milliseconds, moments in milliseconds since the epoch. */
export interface MigrationConfig {
  /** Unique in the configuration. */
  readonly name: string;
  /** The id of the tenant whose callers move. */
  readonly tenantId: string;
  /** Names of keys. */
  readonly keys: readonly string[];
  /** Site keys. */
  readonly sites: readonly string[];
  /** Slugs of agents. */
  readonly agents: readonly string[];
  readonly from: MigrationSource;
  readonly to: { readonly backend: string };
  /** Where it begins when the store has never heard of it. */
  readonly stage: Stage;
  /** The part of the conversations that begin in the stage `canary` and are `to`'s, unless the store says another one. */
  readonly canary: number;
  readonly shadow?: ShadowConfig;
  readonly compare: CompareConfig;
  readonly ready: { readonly comparisons: number; readonly equivalent: number };
  /** Absent: nothing goes back by itself. */
  readonly rollback?: RollbackConfig;
  readonly record?: RecordConfig;
  readonly deprecation?: number;
  readonly sunset?: number;
  readonly link?: string;
}

/** What answers today: a server that calls are passed to as they come, or a backend. */
export type MigrationSource =
  | { readonly passthrough: string; readonly apiKey?: string; readonly agent?: string }
  | { readonly backend: string };

export interface ShadowConfig {
  readonly sample: number;
  readonly control: number;
  /** Of a process. */
  readonly concurrent: number;
  readonly timeoutMs: number;
  /** Of all processes. */
  readonly tokensPerDay: number;
}

export interface CompareConfig {
  readonly ignore: readonly string[];
  readonly text: number;
  readonly latency: number;
  readonly keepMs: number;
}

export interface RollbackConfig {
  readonly failed: number;
  readonly of: number;
}

export interface RecordConfig {
  /** Absolute path. */
  readonly folder: string;
  readonly sample: number;
  readonly text: 'mask' | 'keep';
  readonly maxBytes: number;
}

/** A migration as a person writes it. */
export interface WrittenMigration {
  readonly name: string;
  readonly tenant?: string;
  readonly keys?: readonly string[];
  readonly sites?: readonly string[];
  readonly agents?: readonly string[];
  readonly from: MigrationSource;
  readonly to: { readonly backend: string };
  readonly stage?: Stage;
  readonly canary?: string;
  readonly shadow?: {
    readonly sample?: string;
    readonly control?: string;
    readonly concurrent?: number;
    readonly timeout?: string;
    readonly tokensPerDay?: number;
  };
  readonly compare?: {
    readonly ignore?: readonly string[];
    readonly text?: number;
    readonly latency?: number;
    readonly keep?: string;
  };
  readonly ready?: { readonly comparisons?: number; readonly equivalent?: string };
  readonly rollback?: { readonly failed?: string; readonly of?: number };
  readonly record?: {
    readonly folder: string;
    readonly sample?: string;
    readonly text?: 'mask' | 'keep';
    readonly maxBytes?: string | number;
  };
  readonly deprecation?: string;
  readonly sunset?: string;
  readonly link?: string;
}

const unitBytes: Readonly<Record<string, number>> = { MB: 1_048_576, GB: 1_073_741_824 };

/** `5%` or `0.5%` as a part of 1. The schema has seen to the form. */
export const readShare = (text: string): number => Number.parseFloat(text) / 100;

/** A part of 1 as `5%`. */
export const showShare = (share: number): string => `${Number((share * 100).toFixed(4))}%`;

/** A migration with every default in place, of `tenantId`. */
export function resolveMigration(
  written: WrittenMigration,
  { tenantId, absolute }: { readonly tenantId: string; readonly absolute: (path: string) => string },
): MigrationConfig {
  const { tenant: _tenant, canary = '5%', compare = {}, ready = {}, deprecation, sunset, ...rest } = written;
  const { shadow, rollback, record } = written;
  return defined({
    keys: [],
    sites: [],
    agents: [],
    stage: 'observe' as const,
    ...rest,
    tenantId,
    canary: readShare(canary),
    shadow: shadow && resolveShadow(shadow),
    compare: {
      ignore: compare.ignore ?? [],
      text: compare.text ?? 0.8,
      latency: compare.latency ?? 3,
      keepMs: readDuration(compare.keep ?? '7d'),
    },
    ready: { comparisons: ready.comparisons ?? 200, equivalent: readShare(ready.equivalent ?? '98%') },
    rollback: rollback && { failed: readShare(rollback.failed ?? '5%'), of: rollback.of ?? 50 },
    record: record && resolveRecord(record, absolute),
    deprecation: deprecation === undefined ? undefined : Date.parse(deprecation),
    sunset: sunset === undefined ? undefined : Date.parse(sunset),
  });
}

/** Our choice, after the example of the documentation. */
function resolveShadow(written: NonNullable<WrittenMigration['shadow']>): ShadowConfig {
  const { sample = '20%', control = '0%', concurrent = 4, timeout = '30s', tokensPerDay = 200_000 } = written;
  const timeoutMs = readDuration(timeout);
  return { sample: readShare(sample), control: readShare(control), concurrent, timeoutMs, tokensPerDay };
}

function resolveRecord(
  { folder, sample = '5%', text = 'mask', maxBytes = '1GB' }: NonNullable<WrittenMigration['record']>,
  absolute: (path: string) => string,
): RecordConfig {
  const bytes =
    typeof maxBytes === 'number'
      ? maxBytes
      : Number.parseInt(maxBytes, 10) * (unitBytes[maxBytes.slice(-2)] ?? Number.NaN);
  return { folder: absolute(folder), sample: readShare(sample), text, maxBytes: bytes };
}
