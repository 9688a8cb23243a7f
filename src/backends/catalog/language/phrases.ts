import type { Availability } from '../../../canonical/index.ts';

export type Language = 'en' | 'de';

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
  choiceSoldOut(about: Choice): string;
  choiceUnknown(about: Choice): string;
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
  /** Above a list. `words` are the visitor's, `limits` a price range in words. */
  found(about: { readonly words: string; readonly limits: string; readonly count: number }): string;
  recommended(about: { readonly words: string; readonly limits: string }): string;
  gifts(recipient: string | undefined): string;
  cheapest(about: { readonly words: string; readonly title: string; readonly price: string }): string;
  dearest(about: { readonly words: string; readonly title: string; readonly price: string }): string;
  /** Above a list of what has some of the words, or words like them. */
  near(words: string): string;
  outOfBudget(about: { readonly words: string; readonly limits: string }): string;
  nothing(about: { readonly words: string; readonly categories: string }): string;
  limits(range: { readonly minimum?: string; readonly maximum?: string }): string;
  brands(names: string): string;
  categories(names: string): string;
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
  because(reasons: readonly Reason[]): string;
  readonly ask: {
    stock(title: string): string;
    price(title: string): string;
    similar(title: string): string;
    category(name: string): string;
    readonly cheapest: string;
  };
}
