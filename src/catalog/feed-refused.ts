/** Why a file that could be read is not taken all the same. */
export type FeedRefusal = 'changing' | 'shrunk';

/** A file that is not taken: what was in use before stays. */
export class FeedRefused extends Error {
  override readonly name = 'FeedRefused';
  readonly reason: FeedRefusal;
  constructor(reason: FeedRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Throws for a file with far fewer products than before. `maxShrink` is the part of them that may be gone. */
export function refuseShrunk(
  file: string,
  sizes: { readonly now: number; readonly before: number; readonly maxShrink: number },
): void {
  const { now, before, maxShrink } = sizes;
  if (now >= before * (1 - maxShrink)) return;
  const much = `${now} products instead of ${before}`;
  throw new FeedRefused('shrunk', `The catalogue ${file} has ${much}: \`maxShrink\` says how much less may be taken`);
}
