/** What a message is about, told by its wording. Cues are tested on plain text: lower case, no accents, no apostrophes, `ue` for `ü`. */
export interface Cues {
  readonly greeting: RegExp;
  readonly thanks: RegExp;
  readonly goodbye: RegExp;
  readonly elaborate: RegExp;
  readonly compare: RegExp;
  readonly stock: RegExp;
  /** Whoever asks for sizes or colours wants to hear which. */
  readonly choices: RegExp;
  readonly price: RegExp;
  readonly details: RegExp;
  /** Somebody looks for something, whatever is on the page. */
  readonly seek: RegExp;
  readonly cheapest: RegExp;
  readonly dearest: RegExp;
  readonly cheaper: RegExp;
  readonly similar: RegExp;
  readonly recommend: RegExp;
  readonly gift: RegExp;
  readonly availableOnly: RegExp;
  readonly brands: RegExp;
  readonly categories: RegExp;
  /** Words that stand for what was spoken of, whatever else is named: `it`. */
  readonly pointer: RegExp;
  /** Words that point at it unless something else follows them: `this`, `this tent`. */
  readonly demonstrative: RegExp;
  /** A question about something that is there. */
  readonly question: RegExp;
  /** So many of something: its first group is a number or a word for one. */
  readonly count: RegExp;
  /** Small numbers by their words, from two. */
  readonly numbers: ReadonlyMap<string, number>;
  /** How another question in the same message begins, and what may join it to the one before. */
  readonly furtherOpens: RegExp;
  readonly furtherJoins: ReadonlySet<string>;
  /** A yes or a no at the beginning of an answer as it is written, with its sentence. */
  readonly affirms: RegExp;
  /** Its first group that matched is a size. */
  readonly size: RegExp;
  /** Its group is a quality that was asked for: `red` of `come in red`. */
  readonly quality: RegExp;
  /** Its group is whom a gift is for. */
  readonly recipient: RegExp;
  /** For whoever asks: `for me`. */
  readonly oneself: RegExp;
  readonly ordinals: readonly RegExp[];
  /** Whatever the shop has is meant, not what was looked for before. */
  readonly wholeShop: RegExp;
  /** Asks for one of several. */
  readonly which: RegExp;
  /** More or most of something that is no price: `lighter`, `the longest`. */
  readonly degree: RegExp;
  /** Its first group that matched is how old somebody is. */
  readonly age: RegExp;
  /** What a shop is asked and no product answers. */
  readonly topic: RegExp;
  /** What stands between the products of a comparison. */
  readonly separator: RegExp;
  /** Words of prices. */
  readonly prices: PriceWords;
  /** Words before what is not wanted, each as its words. */
  readonly negators: readonly (readonly string[])[];
  /** Words that join two things that are not wanted. */
  readonly joins: ReadonlySet<string>;
}

/** Patterns of what stands beside an amount: `under`, `between … and`, `… or less`. */
export interface PriceWords {
  readonly between: readonly [string, string];
  readonly atMost: string;
  readonly atLeast: string;
  readonly around: string;
  readonly orLess: string;
  readonly orMore: string;
}

/** The wording of a language, as patterns without their edges. */
export interface Wording extends Record<PatternName, string> {
  readonly ordinals: readonly string[];
  readonly prices: PriceWords;
  /** From two, separated by spaces. */
  readonly numbers: string;
  /** What is counted, whatever it is: `things`. */
  readonly counted: string;
  /** `joins` are separated by spaces; `opens` is a pattern on plain text. */
  readonly further: { readonly joins: string; readonly opens: string };
  /** Words of a yes and of a no as they are written. */
  readonly affirms: string;
  /** Separated by commas. */
  readonly negators: string;
  /** Separated by spaces. */
  readonly joins: string;
  /** Words before a size: `size`; and those that may stand before one that is plain to see: `in XL`. */
  readonly sizeWords: string;
  readonly sizeIn: string;
}

const patternNames = [
  'thanks',
  'goodbye',
  'elaborate',
  'compare',
  'stock',
  'choices',
  'price',
  'details',
  'seek',
  'cheapest',
  'dearest',
  'cheaper',
  'similar',
  'recommend',
  'gift',
  'availableOnly',
  'brands',
  'categories',
  'pointer',
  'demonstrative',
  'quality',
  'recipient',
  'oneself',
  'topic',
  'wholeShop',
  'which',
  'degree',
  'age',
] as const;
type PatternName = (typeof patternNames)[number] | 'greeting' | 'question' | 'separator';

const letterSize = 'x{0,3}[sl]|m|[2-5]xl';
const wordSize =
  'extra[ -](?:small|large)|small|medium|large|klein|mittel|gross|petit|moyen|grand|pequen[oa]|median[oa]|grande|piccol[oa]|medi[oa]|groot|middel';
const numberSize = '(?:eu|uk|us|de|fr|it)?\\s?\\d{1,3}(?:[.,/-]\\d{1,3})?(?:\\s?(?:cm|uk|us|eu)\\b)?(?!\\s?%)';
/** A bare number is a size where nothing else follows. */
const ends =
  '(?=\\s*(?:[?!.,]|$|please\\b|bitte\\b|for\\b|fuer\\b|pour\\b|para\\b|por\\b|per\\b|voor\\b|auf\\b|available\\b|verfuegbar\\b|in stock\\b|vorraetig\\b|haben\\b|disponible\\b|et\\b|und\\b|and\\b|y\\b|e\\b|en\\b))';

const whole = (pattern: string): RegExp => new RegExp(`\\b(?:${pattern})\\b`);

/** Makes cues of a language's wording. */
export function createCues(wording: Wording): Cues {
  const {
    sizeWords,
    sizeIn,
    ordinals,
    greeting,
    question,
    separator,
    negators,
    joins,
    prices,
    further,
    affirms,
    numbers,
    counted,
  } = wording;
  // Each name of the list has its pattern, which TypeScript does not follow through `fromEntries`.
  const patterns = Object.fromEntries(patternNames.map((name) => [name, whole(wording[name])])) as Record<
    (typeof patternNames)[number],
    RegExp
  >;
  return {
    ...patterns,
    greeting: new RegExp(`^\\W*(?:${greeting})\\b`),
    question: new RegExp(`^\\W*(?:${question})\\b`),
    count: new RegExp(`\\b(\\d{1,3}|${numbers.replaceAll(' ', '|')})\\s+(?:${counted})(?!\\p{L})`, 'u'),
    numbers: new Map(numbers.split(' ').map((word, place) => [word, place + 2])),
    furtherOpens: new RegExp(`^(?:${further.opens})(?![\\p{L}\\p{N}])`, 'u'),
    furtherJoins: new Set(further.joins.split(' ')),
    affirms: new RegExp(`^(?:${affirms})(?!\\p{L})[^.!?]{0,80}[.!?]\\s+`, 'iu'),
    separator: new RegExp(`\\b(?:${separator})\\b|[,;:?!]`),
    size: new RegExp(
      `\\b(?:${sizeWords})\\s+(${letterSize}|${wordSize}|${numberSize})(?![\\p{L}\\p{N}])|\\b(?:${sizeIn})\\s+(${letterSize}|${wordSize}|(?:eu|uk|us)?\\s?\\d{2,3}(?:[.,]5)?(?:\\s?cm)?)${ends}|(?<![\\p{L}\\p{N}'’-])(xxs|xs|xl|x{2,3}l|[2-5]xl)(?![\\p{L}\\p{N}-])`,
      'u',
    ),
    ordinals: ordinals.map(whole),
    prices,
    negators: negators
      .split(',')
      .map((phrase) => phrase.trim().split(' '))
      .toSorted((a, b) => b.length - a.length),
    joins: new Set(joins.split(' ')),
  };
}
