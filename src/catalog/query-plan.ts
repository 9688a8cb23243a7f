import type { Query } from 'minisearch';
import type { Vocabulary } from './spelling.ts';
import { contentWords, stemOf } from './words.ts';

/** One word of a query: the stems that stand for it in this catalogue, and whether it is one of them or begins one. */
interface Term {
  readonly stems: readonly string[];
  readonly literal: boolean;
}

/** Words to look for, the rarest first. */
export interface WordQuery {
  readonly words: Query;
  /** The stems of which one must be there; absent where any word will do. */
  readonly required?: ReadonlySet<string>;
}

/** How a text is to be searched for. */
export interface QueryPlan {
  /** Whether the text has words that could name a product. */
  readonly hasWords: boolean;
  /** Every word; absent where one of them is nowhere in the catalogue, even with its typing errors put right. */
  readonly every?: WordQuery & { readonly literal: boolean };
  /** Any of the words; absent where that finds no more. */
  readonly any?: WordQuery;
  readonly literalStems: ReadonlySet<string>;
}

/** Queries of more words are descriptions: their rarest words are searched for. */
const maxWords = 8;
/** A text with more strange words is not a mistyped name. */
const maxCorrected = 4;

/** Plans a search. Only words that the catalogue does not have are completed or corrected: that keeps searches quick and exact. */
export function planQuery(text: string, vocabulary: Vocabulary): QueryPlan {
  const stems = [...new Set(contentWords(text).map(stemOf))];
  let corrections = maxCorrected;
  const terms = stems.map((stem) => {
    const term = knownTerm(stem, vocabulary);
    if (term !== undefined) return term;
    corrections -= 1;
    return { stems: corrections < 0 ? [] : vocabulary.corrections(stem), literal: false };
  });
  const known = byRarity(
    terms.filter((term) => term.stems.length > 0),
    vocabulary,
  );
  const rarest = known.slice(0, maxWords);
  const whole = rarest.length === terms.length;
  return {
    hasWords: stems.length > 0,
    ...(whole && rarest.length > 0 ? { every: everyOf(rarest) } : {}),
    ...(rarest.length > (whole ? 1 : 0) ? { any: { words: join('OR', rarest) } } : {}),
    literalStems: new Set(known.filter(({ literal }) => literal).flatMap((term) => term.stems)),
  };
}

function everyOf(terms: readonly Term[]): NonNullable<QueryPlan['every']> {
  return {
    words: join('AND', terms),
    required: new Set(terms[0]?.stems),
    literal: terms.every(({ literal }) => literal),
  };
}

/** A word that the catalogue has, or that begins one of its own. */
function knownTerm(stem: string, vocabulary: Vocabulary): Term | undefined {
  if (vocabulary.frequency(stem) > 0) return { stems: [stem], literal: true };
  const completions = vocabulary.completions(stem);
  return completions.length > 0 ? { stems: completions, literal: true } : undefined;
}

function byRarity(terms: readonly Term[], vocabulary: Vocabulary): readonly Term[] {
  const frequency = ({ stems }: Term) => stems.reduce((sum, stem) => sum + vocabulary.frequency(stem), 0);
  return terms.toSorted((a, b) => frequency(a) - frequency(b));
}

function join(combineWith: 'AND' | 'OR', terms: readonly Term[]): Query {
  const queries = terms.map(({ stems }): Query => ({ combineWith: 'OR', queries: [...stems] }));
  return { combineWith, queries };
}
