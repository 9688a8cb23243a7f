import { show } from './cells.ts';
import type { Column } from './column-names.ts';
import type { PriceProblem } from './price.ts';
import type { OpenAmounts } from './price-style.ts';

/** Why a field could not be read; or, where it is `ambiguous`, not for certain: its product has it as it is read most. */
export type FieldReason =
  | PriceProblem
  | 'unknown-word'
  | 'not-an-address'
  | 'not-a-date'
  | 'not-a-variant'
  | 'too-many'
  | 'ambiguous';

/** A field that could not be read: the product goes without it. */
export interface FieldError {
  /** Where its row begins, as for a row that was left out. */
  readonly line: number;
  readonly field: Column;
  readonly reason: FieldReason;
  /** What stands there, as JSON, cut to what a message can hold. */
  readonly value: string;
}

/** How many fields could not be read for one reason. */
export interface FieldErrorCount extends Pick<FieldError, 'field' | 'reason'> {
  readonly count: number;
}

export interface FieldErrors {
  /** Most first. */
  readonly counts: readonly FieldErrorCount[];
  /** The first ten. */
  readonly examples: readonly FieldError[];
}

const maxExamples = 10;

/** Tells of a field that cannot be read. */
export type TellField = (field: Column, reason: FieldReason, value: unknown) => void;

/** Counts the fields that cannot be read. */
export function countFieldErrors() {
  const counts = new Map<string, { field: Column; reason: FieldReason; count: number }>();
  const examples: FieldError[] = [];
  return {
    /** For the row that begins at a line. */
    tell(line: number): TellField {
      return (field, reason, value) => {
        const key = `${field} ${reason}`;
        const known = counts.get(key);
        if (known === undefined) counts.set(key, { field, reason, count: 1 });
        else known.count += 1;
        if (examples.length < maxExamples) examples.push({ line, field, reason, value: show(value) });
      };
    },
    /** Amounts that were read, and may mean another one. */
    leaveOpen({ count, first }: OpenAmounts): void {
      const key = `${first.field} ambiguous`;
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { field: first.field, reason: 'ambiguous', count });
      else known.count += count;
      const { value, ...rest } = first;
      if (examples.length < maxExamples) examples.push({ ...rest, reason: 'ambiguous', value: show(value) });
    },
    get(): FieldErrors {
      return { counts: [...counts.values()].toSorted((a, b) => b.count - a.count), examples };
    },
  };
}

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
