import { defined, type MigrationFigures, type Sides, type Verdict, verdicts } from '../canonical/index.ts';
import {
  isSlower,
  percentile,
  type Readiness,
  readinessOf,
  type Spread,
  shareOf,
  textFloor,
  type Verdicts,
} from '../comparing/index.ts';
import type { MigrationConfig } from '../config/index.ts';

/** What is added to what is counted, by name. */
export type Counts = Readonly<Record<string, number>>;

/** How often something was found, under its name. */
export interface FieldCount {
  readonly field: string;
  readonly count: number;
}

/** What was counted of a migration since its figures began. */
export interface Figures {
  /** By operation. */
  readonly turns: Readonly<Record<string, number>>;
  readonly verdicts: Verdicts;
  /** Of the primary beside itself. */
  readonly controls: Verdicts;
  /** The most frequent first. */
  readonly differences: readonly FieldCount[];
  /** Until the end of an answer, in milliseconds, within 10 %. */
  readonly ms: Sides<Spread>;
  /** Of the controls' texts, within a hundredth. */
  readonly similarity: Spread;
  /** That the shadow has used. */
  readonly tokens: number;
  /** What the primary sends that no document of its dialect names. */
  readonly unnamed: readonly FieldCount[];
}

/** How a counted thing is called: its kind, then which one. */
export const countOf = {
  turn: (operation: string): string => `turn ${operation}`,
  verdict: (verdict: Verdict): string => `verdict ${verdict}`,
  control: (verdict: Verdict): string => `control ${verdict}`,
  difference: (field: string): string => `difference ${field}`,
  ms: (side: keyof Sides<unknown>, ms: number): string => `${side} ${stepOf(ms)}`,
  similarity: (similarity: number): string => `similarity ${Math.floor(similarity * 100)}`,
  unnamed: (field: string): string => `unnamed ${field}`,
  tokens: 'tokens used',
} as const;

/** Times are counted in steps, each 10 % longer than the one before. */
const step = 1.1;
const stepOf = (ms: number): number => Math.max(0, Math.ceil(Math.log(Math.max(1, ms)) / Math.log(step)));
const msOf = (steps: number): number => Math.round(step ** steps);

/** What the counts say. */
export function figuresOf(counts: Counts): Figures {
  const kinds = new Map<string, [string, number][]>();
  for (const [name, count] of Object.entries(counts)) {
    const space = name.indexOf(' ');
    const kind = name.slice(0, space);
    kinds.set(kind, [...(kinds.get(kind) ?? []), [name.slice(space + 1), count]]);
  }
  const of = (kind: string): readonly (readonly [string, number])[] => kinds.get(kind) ?? [];
  const spread = (kind: string, read: (value: number) => number): Spread =>
    new Map(of(kind).map(([value, count]) => [read(Number(value)), count]));
  const fields = (kind: string): readonly FieldCount[] =>
    of(kind)
      .map(([field, count]) => ({ field, count }))
      .toSorted((one, other) => other.count - one.count);
  return {
    turns: Object.fromEntries(of('turn')),
    verdicts: { ...noVerdicts, ...Object.fromEntries(of('verdict')) },
    controls: { ...noVerdicts, ...Object.fromEntries(of('control')) },
    differences: fields('difference'),
    ms: { primary: spread('primary', msOf), candidate: spread('candidate', msOf) },
    similarity: spread('similarity', (hundredths) => hundredths / 100),
    tokens: counts[countOf.tokens] ?? 0,
    unnamed: fields('unnamed'),
  };
}

const noVerdicts = Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Verdicts; // of all of them

/** Whether figures carry a step forward. */
export const readinessOfFigures = (
  { verdicts: found, controls, ms }: Figures,
  { ready, compare }: Pick<MigrationConfig, 'ready' | 'compare'>,
): Readiness => readinessOf(found, ready, { controls, slower: isSlower(ms, compare.latency) });

/** The least similarity of texts that are equivalent, by the controls if there are enough. */
export const textFloorOf = ({ similarity }: Figures, { compare }: Pick<MigrationConfig, 'compare'>): number =>
  textFloor(similarity, compare.text);

/** A migration's figures as operators see them; times in milliseconds. */
export function shownFigures({
  turns,
  verdicts: found,
  controls,
  differences,
  ms,
  tokens,
  unnamed,
}: Figures): MigrationFigures {
  const { share, interval, of } = shareOf(found);
  const told = (spread: Spread) =>
    spread.size === 0 ? undefined : { p50: percentile(spread, 0.5), p95: percentile(spread, 0.95) };
  const shares = differences.map(({ field, count }) => ({ field, count, share: of === 0 ? 0 : count / of }));
  return defined({
    turns,
    comparisons: of,
    verdicts: found,
    controls,
    share,
    interval,
    differences: shares,
    primaryMs: told(ms.primary),
    candidateMs: told(ms.candidate),
    tokens,
    unnamed,
  });
}
