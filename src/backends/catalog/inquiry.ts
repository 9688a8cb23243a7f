import type { Turn } from '../../canonical/index.ts';
import { type Catalog, type CatalogQuery, type CatalogItem as Item, stopWords, wordsOf } from '../../catalog/index.ts';
import { type Knows, knownWord } from './facts.ts';
import { isAspect, isColour, sameThing } from './language/concepts.ts';
import { chooseLanguage, isTelling, type Speech } from './language/index.ts';
import { formatMoney, priceOf } from './money.ts';
import { answersBefore, type LastAnswer, type PastSource, seenItems } from './past.ts';
import type { QuestionMatch, QuestionMatcher } from './questions.ts';
import { currencyNamed } from './reading/prices.ts';
import { refinedRequest } from './refinement.ts';
import { maxLength, type Request, readRequest } from './request.ts';
import { inKnownSpelling, spellingsOf } from './spellings.ts';

/** A message with everything that may be looked up to answer it. What costs something is looked up when asked for, once. */
export interface Inquiry {
  readonly turn: Turn;
  readonly speech: Speech;
  readonly request: Request;
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
  /** Whether the catalogue has a word: one of the message's, or one of another language for the same thing. */
  readonly knows: Knows;
  /** At most this many products in the answer. */
  readonly limit: number;
  readonly question: QuestionMatch | undefined;
  /** The product whose page the visitor is on. */
  readonly pageItem: Item | undefined;
  /** Products that the visitor looked at, the latest first. */
  readonly seen: readonly Item[];
  /** ISO 4217: another currency than the shop's, in which the visitor named a price. */
  readonly otherCurrency: string | undefined;
  readonly currency: string | undefined;
  /** What was answered before, the latest first. */
  answers(): Promise<readonly LastAnswer[]>;
  lastAnswer(): Promise<LastAnswer | undefined>;
  /** The product that stood at a place, from 0, of the latest list that was that long. */
  listed(place: number): Promise<Item | undefined>;
  /** A price as people write it. */
  price(item: Item): string | undefined;
  money(amount: string, item?: Item): string;
  /** Searches with the visitor's price range and what was looked at; the same search is made once. */
  search(query: Search): ReturnType<Catalog['search']>;
  /** The same at any price. */
  searchAnyPrice(query: Search): ReturnType<Catalog['search']>;
}

type Search = Pick<CatalogQuery, 'text'> & Partial<CatalogQuery>;

export interface InquirySource extends PastSource {
  readonly matchQuestion: QuestionMatcher;
  readonly currency?: string | undefined;
  /** Of a part of a message: the whole one's language, and what was answered before it. */
  readonly within?: Pick<Inquiry, 'speech' | 'answers'>;
}

/** Source: item-discovery's documented default. */
const usualLimit = 4;
/** More is not listed in a chat, whatever was asked for. Our choice. */
const mostAsked = 20;

/** Gathers what a message can be answered from. */
export async function createInquiry({ matchQuestion, within, ...source }: InquirySource): Promise<Inquiry> {
  const { turn, catalog, signal } = source;
  let past: Promise<readonly LastAnswer[]> | undefined;
  const answers = () => (past ??= within?.answers() ?? answersBefore(source));
  const speech = within?.speech ?? (await speechOf(turn, answers));
  const { language } = speech.phrases;
  const currency = catalog.currency ?? source.currency;
  const asked = readRequest(turn.text, speech);
  const { limits, otherCurrency } = limitsOf(await refinedRequest(asked, speech, answers), currency);
  const [seen, pageItem, known] = await Promise.all([
    seenItems(source),
    turn.pageUrl === undefined ? undefined : catalog.findByUrl(turn.pageUrl, signal),
    catalog.known(askedOf(limits), signal),
  ]);
  const knows: Knows = (word) => known.has(word);
  const request = inKnownSpelling(withKnownUnwanted(limits, knows), knows);
  const favourites = [...(pageItem === undefined ? [] : [pageItem]), ...seen].map(({ id }) => id);
  const usual = limits.count === undefined ? usualLimit : Math.min(Math.max(limits.count, 1), mostAsked);
  const limit = Math.max(0, turn.itemLimit ?? usual);
  const searched = new Map<string, ReturnType<Catalog['search']>>();
  const searchAnyPrice = (search: Search) => {
    const query = { limit, favourites, ...search };
    const key = JSON.stringify(query);
    const found = searched.get(key) ?? catalog.search(query, signal);
    searched.set(key, found);
    return found;
  };
  return {
    turn,
    speech,
    request,
    catalog,
    signal,
    knows,
    limit,
    question: matchQuestion(turn.text.slice(0, maxLength), language, knows),
    pageItem,
    seen,
    otherCurrency,
    currency,
    answers,
    lastAnswer: async () => (await answers()).at(0),
    listed: async (place) => (await answers()).find(({ items }) => items.length > Math.max(place, 1))?.items[place],
    price: (item) => priceOf(item, { currency: source.currency, language }),
    money: (amount, item) =>
      formatMoney(amount, { currency: item?.currency ?? source.currency ?? catalog.currency, language }),
    search: (query) => searchAnyPrice({ ...query, filters: { ...priceFilters(limits), ...query.filters } }),
    searchAnyPrice,
  };
}

/** What no product names in any of the languages may be there by another name: that it was left out is not said. */
function withKnownUnwanted(request: Request, knows: Knows): Request {
  const isKnown = (group: readonly string[]) =>
    group.every((word) =>
      wordsOf(word).every(
        (part) => stopWords.has(part) || isAspect(part) || isColour(part) || knownWord(part, { knows }) !== undefined,
      ),
    );
  const unknown = request.without.filter((group) => !isKnown(group)).map((group) => group.join(' '));
  if (unknown.length === 0) return request;
  return { ...request, overlooked: [...unknown, ...request.overlooked] };
}

/** All words that the catalogue may be asked about to answer a message: looked up at once, since it may be a database's. */
const askedOf = (request: Request): ReadonlySet<string> => {
  const { text, words, without } = request;
  const asked = [...wordsOf(text), ...words, ...without.flat().flatMap(wordsOf), ...spellingsOf(request)];
  return new Set(asked.flatMap((word) => [word, ...sameThing(word)]));
};

/** As many earlier messages say what language a conversation is in. */
const maxBefore = 5;

async function speechOf({ text: whole, locale }: Turn, answers: () => Promise<readonly LastAnswer[]>): Promise<Speech> {
  const text = whole.slice(0, maxLength);
  const stated = { text, ...(locale !== undefined && { locale }) };
  if (isTelling(text)) return chooseLanguage(stated);
  const before = (await answers()).slice(0, maxBefore).map(({ asked }) => asked.slice(0, maxLength));
  return chooseLanguage({ ...stated, before });
}

/** What a price in another currency than the shop's leaves of a request: it is no limit, and that is told. */
function limitsOf(request: Request, currency: string | undefined) {
  const named = request.currency === undefined ? undefined : currencyNamed(request.currency, currency);
  if (named === undefined || currency === undefined || named === currency)
    return { limits: request, otherCurrency: undefined };
  const { minPrice: _, maxPrice: __, ...limits } = request;
  return { limits, otherCurrency: named };
}

const priceFilters = ({ minPrice, maxPrice }: Request) => ({
  ...(minPrice !== undefined && { minPrice }),
  ...(maxPrice !== undefined && { maxPrice }),
});
