import type { Availability } from '../../../canonical/index.ts';
import type { Cues } from './cues.ts';

/** BCP 47 tags of what is spoken. */
export type Language = 'en' | 'de' | 'fr' | 'es' | 'it' | 'nl';

/** A language: what is said in it, and how it is understood. */
export interface Speech {
  readonly phrases: Phrases;
  readonly cues: Cues;
  /** Folded words by which the language is known; they name no product. */
  readonly grammar: ReadonlySet<string>;
  /** Whether nouns are joined to one word: `Winterjacke`. */
  readonly joinsNouns?: true;
  /** Whether nouns begin with a capital letter. */
  readonly hasCapitalNouns?: true;
  /** Folded words of asking, which name no product either. */
  readonly asking: ReadonlySet<string>;
}

/** A product's stock as a sentence tells it; without a title, of the product just named. */
export interface Stock {
  readonly title?: string;
  readonly quantity?: number;
}

/** A choice of a product that was asked for: `size L`, `colour red`. `listed` are those that there are. */
export interface Choice {
  readonly title: string;
  /** As it stands in the middle of a sentence. */
  readonly choice: string;
  readonly listed: readonly string[];
}

/** Why a product is shown. */
export type Reason =
  | { readonly kind: 'seen' | 'in-stock' | 'cheapest' | 'dearest' | 'page' }
  | { readonly kind: 'matches'; readonly words: string }
  | { readonly kind: 'budget'; readonly amount: string };

/** Everything that the backend can say in one language. Titles, words and amounts are put in as they are. */
export interface Phrases {
  readonly language: Language;
  readonly greeting: string;
  readonly thanks: string;
  readonly goodbye: string;
  /** To a message without words. */
  readonly silence: string;
  /** To a picture without words. */
  readonly picture: string;
  choiceInStock(about: {
    readonly title: string;
    readonly choice: string;
    readonly quantity?: number;
    readonly price?: string;
  }): string;
  /** The catalogue has the choice, and does not say whether it is there. */
  choiceListed(about: { readonly title: string; readonly choice: string }): string;
  choiceSoldOut(about: Choice): string;
  /** The catalogue lists others only, so that this one there is not. */
  choiceUnknown(about: Choice): string;
  /** The catalogue lists others, of which one may be this by another name. */
  choiceUnclear(about: Choice): string;
  /** There are fewer of the choice than were asked for. */
  choiceTooFew(about: { readonly title: string; readonly choice: string; readonly quantity: number }): string;
  noChoices(about: { readonly title: string; readonly choice: string }): string;
  /** Before good news. */
  readonly yes: string;
  /** How a size is named: `size L`. */
  size(value: string): string;
  readonly stock: Readonly<Record<Availability | 'unknown', (about: Stock) => string>>;
  /** Availability in a list. */
  readonly brief: Readonly<Record<Availability, string>>;
  price(about: { readonly title: string; readonly price: string; readonly note?: string }): string;
  noPrice(title: string): string;
  by(brand: string): string;
  details(pairs: readonly string[]): string;
  /** What the catalogue says of a product, in its own words. */
  stated(about: { readonly title: string; readonly facts: readonly string[] }): string;
  /** What was asked of a product, and the catalogue says nothing of. */
  unstated(about: { readonly title: string; readonly words: string }): string;
  readonly whichProduct: string;
  /** Above a list. `words` are the visitor's, `limits` a price range in words. */
  found(about: { readonly words: string; readonly limits: string; readonly count: number }): string;
  recommended(about: { readonly words: string; readonly limits: string }): string;
  gifts(recipient: string | undefined): string;
  cheapest(about: { readonly words: string; readonly title: string; readonly price: string }): string;
  dearest(about: { readonly words: string; readonly title: string; readonly price: string }): string;
  /** Above a list, where it cannot be told which of it has the lowest or highest price of what was meant. */
  unranked(words: string): string;
  /** Above a list of what has some of the words, or words like them. `missing` are words that nothing in it says. */
  near(about: { readonly words: string; readonly missing: string }): string;
  /** A sentence before another answer: words that were not taken into account. */
  ignored(words: string): string;
  /** A sentence before a list: what names one of the words is not in it. */
  leftOut(words: string): string;
  /** A sentence before a list: an amount in another currency is no limit here. */
  otherCurrency(about: { readonly asked: string; readonly ours: string }): string;
  outOfBudget(about: { readonly words: string; readonly limits: string }): string;
  nothing(about: { readonly words: string; readonly categories: string }): string;
  limits(range: { readonly minimum?: string; readonly maximum?: string }): string;
  brands(names: string): string;
  categories(names: string): string;
  /** To a question that only the shop's people can answer. */
  noAnswer(words: string): string;
  /** Before an answer of the shop's that does not speak of the words. */
  nearAnswer(words: string): string;
  readonly comparison: string;
  cheaperBy(about: { readonly title: string; readonly difference: string; readonly other: string }): string;
  samePrice(titles: string): string;
  alternatives(title: string): string;
  cheaperThan(title: string): string;
  noCheaper(title: string): string;
  noAlternative(title: string): string;
  /** Before more about the last answer's products. */
  readonly more: string;
  readonly moreOfWhat: string;
  readonly saidAll: string;
  readonly reasons: { readonly [K in Reason['kind']]: (reason: Extract<Reason, { kind: K }>) => string };
  /** Between reasons. */
  readonly and: string;
  readonly ask: {
    stock(title: string): string;
    similar(title: string): string;
    category(name: string): string;
  };
}

/** Reasons as a sentence; empty for none. */
export function because({ reasons, and }: Phrases, list: readonly Reason[]): string {
  const sentence = list
    // The table has each kind's own function, which TypeScript does not follow through the index.
    .map((reason) => (reasons[reason.kind] as (reason: Reason) => string)(reason))
    .join(and);
  return sentence === '' ? '' : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/** Words of a list that is written with spaces. */
export const wordSet = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));
