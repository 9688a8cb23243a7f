import type { Sides, Verdict } from '../canonical/index.ts';

/** So many controls make a noise floor; fewer could be chance. */
export const leastControls = 30;

/** How often each value came. */
export type Spread = ReadonlyMap<number, number>;

/** The least similarity at which texts are equivalent: that of all but 5 % of the controls, or what is configured until there are 30 of them. */
export function textFloor(controls: Spread, configured: number): number {
  return sizeOf(controls) < leastControls ? configured : percentile(controls, 0.05);
}

const sizeOf = (spread: Spread): number => [...spread.values()].reduce((sum, count) => sum + count, 0);

/** The value that a share of all, 0 to 1, does not go beyond (nearest rank). Nothing of nothing is `NaN`. */
export function percentile(spread: Spread, share: number): number {
  let left = Math.max(1, Math.ceil(share * sizeOf(spread)));
  for (const [value, count] of [...spread].toSorted(([one], [other]) => one - other)) {
    left -= count;
    if (left <= 0) return value;
  }
  return Number.NaN;
}

export type Verdicts = Readonly<Record<Verdict, number>>;

export interface Share {
  /** Of those that count, 0 to 1; `undefined` where none does. */
  readonly share: number | undefined;
  /** Where the share of all turns lies, in 95 of 100 cases (Wilson). */
  readonly interval: readonly [number, number];
  /** How many count: an inconclusive one says nothing of the candidate. */
  readonly of: number;
}

/** The share of turns after which nobody noticed a difference. */
export function shareOf({ equal, equivalent, different, failed }: Omit<Verdicts, 'inconclusive'>): Share {
  const good = equal + equivalent;
  const of = good + different + failed;
  return { share: of === 0 ? undefined : good / of, interval: wilson(good, of), of };
}

/** 97.5 % of a normal distribution lie below. */
const z = 1.959964;

function wilson(good: number, of: number): readonly [number, number] {
  if (of === 0) return [0, 1];
  const share = good / of;
  const centre = share + (z * z) / (2 * of);
  const width = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  const whole = 1 + (z * z) / of;
  return [Math.max(0, (centre - width) / whole), Math.min(1, (centre + width) / whole)];
}

/** A slower answer by less than this is nothing that people notice, whatever the ratio. */
const noticeableMs = 100;

/** Whether the candidate is too slow over all turns: its 95th percentile beyond so many times the primary's, and 100 ms slower. */
export function isSlower({ primary, candidate }: Sides<Spread>, times: number): boolean {
  const [before, after] = [percentile(primary, 0.95), percentile(candidate, 0.95)];
  return after > before * times && after - before > noticeableMs;
}

export interface Readiness {
  readonly ready: 'yes' | 'no' | 'inconclusive';
  readonly reasons: readonly string[];
}

/**
 * Whether the figures carry a step forward. Too few comparisons are neither ready nor failed; the share by which controls differ is no
 * fault of the candidate's.
 */
export function readinessOf(
  verdicts: Verdicts,
  wanted: { readonly comparisons: number; readonly equivalent: number },
  { controls, slower = false }: { readonly controls?: Verdicts; readonly slower?: boolean } = {},
): Readiness {
  const { share, of } = shareOf(verdicts);
  if (share === undefined || of < wanted.comparisons)
    return { ready: 'inconclusive', reasons: [`${of} of ${wanted.comparisons} comparisons`] };
  const noise = controls === undefined ? 0 : 1 - (shareOf(controls).share ?? 1);
  const reasons = [
    ...(share + noise < wanted.equivalent
      ? [`${percent(share)} are equivalent, ${percent(wanted.equivalent)} are wanted`]
      : []),
    ...(slower ? ['the candidate is too slow'] : []),
  ];
  return { ready: reasons.length === 0 ? 'yes' : 'no', reasons };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
