import { planQuery as plan } from '../query-plan.ts';
import {
  beginsAlike,
  editDistance,
  maxCompletions,
  maxCorrectable,
  maxCorrections,
  maxWalked,
  toleranceOf,
} from '../spelling.ts';
import { contentWords, stemOf } from '../words.ts';
import type { Database } from './database.ts';

/** One word of a query: the stems that stand for it in this catalogue, in how many rows they are, and whether it is one of them or begins one. */
export interface QueryWord {
  readonly stems: readonly string[];
  readonly frequency: number;
  readonly literal: boolean;
}

/** How a text is to be searched for, as in memory: words, the rarest first. */
export interface QueryPlan {
  /** Its own stems. */
  readonly stems: readonly string[];
  readonly every: readonly QueryWord[] | undefined;
  readonly any: readonly QueryWord[] | undefined;
}

/** No text has more words that are looked up, and of those that no product has no more are completed and corrected. Our choice. */
const maxStems = 64;
const maxStrange = 8;

/** So many words that are like a mistyped one are looked at. */
const maxLike = 60;

interface Count {
  readonly stem: string;
  readonly products: number;
}

interface Asking {
  readonly database: Pick<Database, 'ask'>;
  readonly table: string;
  readonly signal: AbortSignal | undefined;
}

/** Plans a search with the words of a table. */
export async function planQuery(text: string, asking: Asking): Promise<QueryPlan> {
  const stems = [...new Set(contentWords(text).map(stemOf))].slice(0, maxStems);
  if (stems.length === 0) return { stems, every: undefined, any: undefined };
  const counts = createCounts();
  counts.add(await known(stems, asking));
  const strange = stems.filter((stem) => !counts.has(stem)).slice(0, maxStrange);
  const others = new Map<string, Pick<Likely, 'completions' | 'corrections'>>();
  for (const stem of strange) {
    const completions = counts.add(await completionsOf(stem, asking));
    const corrections = completions.length > 0 ? [] : counts.add(nearestOf(stem, await likeOf(stem, asking)));
    others.set(stem, { completions, corrections });
  }
  const planned = plan(text, {
    find: counts.find,
    frequency: counts.frequency,
    completions: (stem) => others.get(stem)?.completions ?? [],
    corrections: (stem) => others.get(stem)?.corrections ?? [],
  });
  return { stems, every: planned.every?.map(counts.wordOf), any: planned.any?.map(counts.wordOf) };
}

interface Likely {
  readonly completions: readonly number[];
  readonly corrections: readonly number[];
}

/** What is known of the words of a table so far, each by a number. */
function createCounts() {
  const list: Count[] = [];
  const numbers = new Map<string, number>();
  const frequency = (number: number): number => list[number]?.products ?? 0;
  return {
    add: (counts: readonly Count[]): readonly number[] =>
      counts.map((count) => {
        const number = numbers.get(count.stem) ?? list.push(count) - 1;
        numbers.set(count.stem, number);
        return number;
      }),
    has: (stem: string): boolean => numbers.has(stem),
    find: (stem: string): number => numbers.get(stem) ?? -1,
    frequency,
    wordOf: ({ stems, literal }: { readonly stems: readonly number[]; readonly literal: boolean }): QueryWord => ({
      stems: stems.flatMap((number) => list[number]?.stem ?? []),
      frequency: stems.reduce((sum, number) => sum + frequency(number), 0),
      literal,
    }),
  };
}

const known = (stems: readonly string[], { database, table, signal }: Asking): Promise<readonly Count[]> =>
  database.ask(`select stem, products from ${table} where stem = any($1)`, [stems], signal);

async function completionsOf(stem: string, { database, table, signal }: Asking): Promise<readonly Count[]> {
  if (stem.length < 3) return [];
  return database.ask(
    `select stem, products from (select stem, products from ${table} where stem >= $1 and stem < $2 limit ${maxWalked}) as walked
     order by products desc, stem limit ${maxCompletions}`,
    [stem, `${stem}\u{10ffff}`],
    signal,
  );
}

async function likeOf(stem: string, { database, table, signal }: Asking): Promise<readonly Count[]> {
  if (toleranceOf(stem) === 0 || stem.length > maxCorrectable) return [];
  return database.ask(
    `select stem, products from ${table} where stem !~ '[0-9]' and length(stem) between $2 and $3
     order by stem <-> $1 limit ${maxLike}`,
    [stem, stem.length - 2, stem.length + 2],
    signal,
  );
}

/** The likeliest of the words that a mistyped one may be, the most frequent first. */
function nearestOf(stem: string, like: readonly Count[]): readonly Count[] {
  const near = like
    .filter((count) => beginsAlike(count.stem, stem))
    .map((count) => ({ ...count, distance: editDistance(stem, count.stem) }));
  const least = Math.min(toleranceOf(stem), ...near.map(({ distance }) => distance));
  return near
    .filter(({ distance }) => distance === least)
    .toSorted((a, b) => b.products - a.products || (a.stem < b.stem ? -1 : 1))
    .slice(0, maxCorrections);
}
