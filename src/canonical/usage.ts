/** Tokens that a reply took. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens: number;
  /** Of the input: those that the vendor had read before. */
  readonly cachedTokens?: number;
  /** Of the output: those that the model thought in. */
  readonly reasoningTokens?: number;
}

/** The counts of two, each by itself; a count that neither tells stays untold. `combine` makes one of two. */
export function combineUsage(
  one: Usage | undefined,
  other: Usage | undefined,
  combine: (a: number, b: number) => number,
): Usage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const combined: { -readonly [Count in keyof Usage]: Usage[Count] } = { totalTokens: 0 };
  for (const name of counts) {
    const [a, b] = [one[name], other[name]];
    if (a !== undefined || b !== undefined) combined[name] = combine(a ?? 0, b ?? 0);
  }
  return combined;
}

const counts = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cachedTokens',
  'reasoningTokens',
] as const satisfies readonly (keyof Usage)[];
