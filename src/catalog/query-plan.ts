import type { Vocabulary } from './spelling.ts';
import { contentWords, stemOf } from './words.ts';

/** One word of a query: the stems that stand for it in this catalogue, and whether it is one of them or begins one. */
export interface QueryWord {
  readonly stems: readonly number[];
  readonly literal: boolean;
}

/** How a text is to be searched for: words, the rarest first. */
export interface QueryPlan {
  /** Whether the text has words that could name a product. */
  readonly hasWords: boolean;
  /** Every word; absent where one of them is nowhere in the catalogue, even with its typing errors put right. */
  readonly every?: readonly QueryWord[];
  /** Any of the words; absent where that finds no more. */
  readonly any?: readonly QueryWord[];
}

/** Queries of more words are descriptions: their rarest words are searched for. */
const maxWords = 8;
/** A text with more strange words is not a mistyped name. */
const maxCorrected = 4;

/** Plans a search. Only words that the catalogue does not have are completed or corrected: that keeps searches quick and exact. */
export function planQuery(text: string, vocabulary: Vocabulary): QueryPlan {
  const stems = [...new Set(contentWords(text).map(stemOf))];
  let corrections = maxCorrected;
  const words = stems.map((stem): QueryWord => {
    const word = knownWord(stem, vocabulary);
    if (word !== undefined) return word;
    corrections -= 1;
    return { stems: corrections < 0 ? [] : vocabulary.corrections(stem), literal: false };
  });
  const known = byRarity(
    words.filter((word) => word.stems.length > 0),
    vocabulary,
  );
  const rarest = known.slice(0, maxWords);
  const whole = rarest.length === words.length;
  return {
    hasWords: stems.length > 0,
    ...(whole && rarest.length > 0 && { every: rarest }),
    ...(rarest.length > (whole ? 1 : 0) && { any: rarest }),
  };
}

/** A word that the catalogue has, or that begins one of its own. */
function knownWord(stem: string, vocabulary: Vocabulary): QueryWord | undefined {
  const term = vocabulary.find(stem);
  if (term !== -1) return { stems: [term], literal: true };
  const completions = vocabulary.completions(stem);
  return completions.length > 0 ? { stems: completions, literal: true } : undefined;
}

function byRarity(words: readonly QueryWord[], vocabulary: Vocabulary): readonly QueryWord[] {
  const frequency = ({ stems }: QueryWord) => stems.reduce((sum, stem) => sum + vocabulary.frequency(stem), 0);
  return words.toSorted((a, b) => frequency(a) - frequency(b));
}
