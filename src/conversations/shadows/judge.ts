import type { Backend } from '../../backends/backend.ts';
import type { ComparedAnswer, Difference, Sides } from '../../canonical/index.ts';
import { type Answered, byClass, type Comparison, carriedByAll, compare } from '../../comparing/index.ts';
import type { CompareConfig } from '../../config/index.ts';
import { carriesOf } from '../../dialects/dialect.ts';
import { dialects } from '../../dialects/registry.ts';

/** An answer, and how long it took until its end, in milliseconds. */
export type TimedAnswer = Answered & { readonly ms: number };

export interface Judging {
  /** The name of the dialect in which the client is answered. */
  readonly dialect: string;
  readonly backend: Backend;
  readonly compare: CompareConfig;
  /** The least similarity of texts that are equivalent. */
  readonly textFloor: number;
}

/** Judges what the candidate answers by what the primary did, in what both and the client's dialect can say. */
export function judge(
  { primary, candidate }: Sides<Answered>,
  { dialect, backend, compare: { ignore }, textFloor }: Judging,
): Comparison {
  const carries = carriedByAll(
    carried.get(dialect) ?? new Set(),
    ...(backend.carries === undefined ? [] : [backend.carries]),
  );
  // What another server calls its refusal is its own.
  const names = candidate.code === 'upstream-rejected' ? ['code'] : [];
  const sides = { primary: byClass(primary), candidate: byClass(candidate) };
  return compare(sides, { ignore: [...ignore, ...names], text: textFloor, carries });
}

const carried: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  dialects.map((dialect) => [dialect.name, carriesOf(dialect)]),
);

/** What is kept of one side, and of one value that differs. In letters, and in items. Our choice: a comparison is 64 KiB at most. */
const mostText = 4_000;
const mostName = 200;
const mostItems = 20;

export const cut = (text: string, most = mostText): string => (text.length <= most ? text : `${text.slice(0, most)}…`);

/** As much of an answer as is kept. */
export function keptAnswer({ status, code, ms, reply }: TimedAnswer): ComparedAnswer {
  const outcome = { status, code, ms: Math.round(ms) };
  if (reply === undefined) return outcome;
  const { text, items, suggestions, finishReason } = reply;
  return {
    ...outcome,
    reply: {
      text: cut(text),
      items: items.slice(0, mostItems).map(({ id, title, price, currency, availability }) => ({
        id: cut(id, mostName),
        title: cut(title, mostName),
        ...(price !== undefined && { price: cut(price, mostName) }),
        ...(currency !== undefined && { currency: cut(currency, mostName) }),
        ...(availability !== undefined && { availability }),
      })),
      suggestions: suggestions.slice(0, mostItems).map((text) => cut(text, mostName)),
      finishReason,
    },
  };
}

/** As much of a difference as is kept. */
export const keptDifference = ({ field, primary, candidate }: Difference): Difference => ({
  field,
  primary: keptValue(primary),
  candidate: keptValue(candidate),
});

function keptValue(value: unknown): unknown {
  if (typeof value === 'string') return cut(value);
  const text = value === undefined ? 'null' : JSON.stringify(value);
  return text.length <= mostText ? JSON.parse(text) : cut(text);
}
