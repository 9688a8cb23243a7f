import type { Turn } from '../../canonical/index.ts';
import type { Catalog, CatalogQuery, CatalogItem as Item } from '../../catalog/index.ts';
import type { AnswerContext } from '../backend.ts';
import { formatMoney, priceOf } from './money.ts';
import type { QuestionMatch, QuestionMatcher } from './questions.ts';
import { type Request, readRequest } from './request.ts';

/** A message with everything that may be looked up to answer it. What costs something is looked up when asked for, once. */
export interface Inquiry {
  readonly turn: Turn;
  readonly request: Request;
  readonly catalog: Catalog;
  /** At most this many products in the answer. */
  readonly limit: number;
  readonly question: QuestionMatch | undefined;
  /** The product whose page the visitor is on. */
  readonly pageItem: Item | undefined;
  /** Products that the visitor looked at, the latest first. */
  readonly seen: readonly Item[];
  /** What was answered last: from the stored conversation, or from what the client keeps of it. */
  lastAnswer(): Promise<LastAnswer | undefined>;
  /** The product that stood at a place, from 0, of the latest list that was that long. */
  listed(place: number): Promise<Item | undefined>;
  /** A price as people write it. */
  price(item: Item): string | undefined;
  money(amount: string, item?: Item): string;
  /** Searches with the visitor's price range and what was looked at. */
  search(query: Pick<CatalogQuery, 'text'> & Partial<CatalogQuery>): ReturnType<Catalog['search']>;
}

export interface LastAnswer {
  readonly text: string;
  readonly items: readonly Item[];
  /** When it was given, if that is known. */
  readonly at?: string;
}

export interface InquirySource {
  readonly turn: Turn;
  readonly context: Pick<AnswerContext, 'history'>;
  readonly catalog: Catalog;
  readonly matchQuestion: QuestionMatcher;
  readonly currency?: string | undefined;
}

/** Source: item-discovery's documented default. */
const usualLimit = 4;

/** Gathers what a message can be answered from. */
export function createInquiry({ turn, context, catalog, matchQuestion, currency }: InquirySource): Inquiry {
  const request = readRequest(turn);
  const { language } = request.phrases;
  const seen = seenItems(turn, catalog);
  const pageItem = turn.pageUrl === undefined ? undefined : catalog.findByUrl(turn.pageUrl);
  const favourites = [...(pageItem === undefined ? [] : [pageItem]), ...seen].map(({ id }) => id);
  const limit = Math.max(0, turn.itemLimit ?? usualLimit);
  let answers: Promise<readonly LastAnswer[]> | undefined;
  const readAnswers = () => (answers ??= answersBefore({ turn, context, catalog }));
  return {
    turn,
    request,
    catalog,
    limit,
    question: matchQuestion(request.text, language),
    pageItem,
    seen,
    lastAnswer: async () => (await readAnswers()).at(0),
    listed: async (place) => (await readAnswers()).find(({ items }) => items.length > Math.max(place, 1))?.items[place],
    price: (item) => priceOf(item, { currency, language }),
    money: (amount, item) =>
      formatMoney(amount, { currency: item?.currency ?? currency ?? catalog.currency, language }),
    search: ({ filters, ...query }) =>
      catalog.search({ limit, favourites, ...query, filters: { ...priceFilters(request), ...filters } }),
  };
}

const priceFilters = ({ minPrice, maxPrice }: Request) => ({
  ...(minPrice !== undefined && { minPrice }),
  ...(maxPrice !== undefined && { maxPrice }),
});

/** A client may tell of any number of events; the latest say what the visitor has in mind. */
const maxEvents = 50;

function seenItems({ activity }: Turn, catalog: Catalog): readonly Item[] {
  const items = activity
    .slice(-maxEvents)
    .toReversed()
    .flatMap(({ itemId }) => (itemId === undefined ? [] : (catalog.get(itemId) ?? [])));
  return [...new Set(items)];
}

/** No more of a conversation is looked through. */
const maxAnswers = 20;

/** Earlier answers, the latest first, with prices and stock as they are today. */
async function answersBefore({
  turn,
  context,
  catalog,
}: Omit<InquirySource, 'matchQuestion'>): Promise<readonly LastAnswer[]> {
  const stored = (await context.history()).filter(({ role }) => role === 'assistant' || role === 'operator');
  const kept = turn.history?.filter(({ role }) => role === 'assistant') ?? [];
  const current = (items: readonly Item[]) => items.map((item) => catalog.get(item.id) ?? item);
  const answers: readonly LastAnswer[] =
    stored.length > 0
      ? stored.map(({ text, items, createdAt }) => ({ text, items, at: createdAt }))
      : kept.map(({ text }) => ({ text, items: [] }));
  return answers
    .slice(-maxAnswers)
    .toReversed()
    .map((answer) => ({ ...answer, items: current(answer.items) }));
}
