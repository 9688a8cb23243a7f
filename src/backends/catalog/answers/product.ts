import type { CatalogItem as Item } from '../../../catalog/index.ts';
import { type Answer, say } from '../answer.ts';
import { coloursOf, isOfKind, statementsOn, statesPercent } from '../facts.ts';
import type { Inquiry } from '../inquiry.ts';
import { isAspect, isColour, isThing } from '../language/concepts.ts';
import { vagueAspects } from '../language/tables.ts';
import { detailsOf, fullText, listOf, priceSentence, recommend, stockNote, stockSentence } from '../product-text.ts';
import { points, pointsBack } from '../refinement.ts';
import { findSubject, isNamed, type Subject } from '../subject.ts';
import { alternativesOf } from './alternatives.ts';
import { choiceText, hasSizes, type Wish, wishesOf } from './choices.ts';
import { openings } from './small-talk.ts';

/** What is asked of a product. */
interface Asked {
  readonly item: Item;
  readonly wishes: readonly Wish[];
  /** How many are asked for. */
  readonly count: number | undefined;
  /** Words that are neither its name nor a wish. */
  readonly rest: readonly string[];
  readonly inquiry: Inquiry;
}

/** Answers about one product: whether it is there, in what, what it costs, and what the catalogue says of what was asked. */
export async function answerProduct(inquiry: Inquiry): Promise<Answer | undefined> {
  const { request } = inquiry;
  const { cues, folded, minPrice, maxPrice, without, overlooked } = request;
  if (cues.cheapest.test(folded) || cues.dearest.test(folded)) return undefined;
  if (minPrice !== undefined || maxPrice !== undefined || inquiry.otherCurrency !== undefined) return undefined;
  if (without.length > 0 || overlooked.length > 0) return undefined;
  const asks = asksOf(inquiry);
  if (!asks && request.words.length === 0) return undefined;
  const subject = await findSubject(inquiry);
  if (subject.kind === 'unclear' && cues.seek.test(folded) && !pointsBack(request)) return undefined;
  if (subject.kind === 'unclear') return asks ? say(request.phrases.whichProduct, openings(inquiry)) : undefined;
  if (subject.kind !== 'one' || (!asks && !isTold(subject, inquiry))) return undefined;
  // `workshop desks for heavy tools` looks for some; `is the tent waterproof?` asks of one.
  if (
    subject.named &&
    !isQuestion(inquiry) &&
    !subject.rest.every((word) => isAskable(word) || /^\d{2,3}$/.test(word)) &&
    !hasWish(inquiry)
  )
    return undefined;
  // `Do you have laptops?` looks for some, however the best match is called.
  const isSought = subject.named && cues.seek.test(folded) && !pointsBack(request) && !hasWish(inquiry);
  if (isSought && !isNamed(subject.item, request) && subject.rest.length === 0) return undefined;
  if (subject.named && !pointsBack(request) && hasWish(inquiry) && (await areSeveral(subject.item, inquiry)))
    return undefined;
  const { quality } = request;
  const named = quality === undefined || !isColour(quality) || subject.rest.includes(quality) ? [] : [quality];
  const bare =
    hasWish(inquiry) || !hasSizes(subject.item) ? undefined : subject.rest.find((word) => /^\d{2,3}$/.test(word));
  const sized = bare === undefined ? [] : [{ kind: 'size' as const, value: bare }];
  const wishes = [...sized, ...wishesOf([...subject.rest, ...named], inquiry)];
  const wished = new Set(wishes.map(({ value }) => value));
  const others = subject.rest.filter((word) => !wished.has(word));
  // `3 blue hoodies in L`
  const amount = wishes.length > 0 ? others.find((word) => /^\d{1,3}$/.test(word)) : undefined;
  const count = request.count ?? (amount === undefined ? undefined : Number(amount));
  const rest = [...others.filter((word) => word !== amount), ...(request.age === undefined ? [] : ['age'])];
  return answerAbout({ item: subject.item, wishes, count, rest, inquiry });
}

/** Whether a message names only a kind of which there are several: `shoes size 44`. */
async function areSeveral(item: Item, inquiry: Inquiry): Promise<boolean> {
  const { request } = inquiry;
  const things = request.words.filter((word) => !isColour(word));
  if (isNamed(item, request) || things.length !== 1 || !things.every(isThing)) return false;
  const found = await inquiry.search({ text: things.join(' '), limit: maxOfKind, filters: {} });
  return found.filter((match) => match.matched === 'all' && isOfKind(match.item, things)).length > 1;
}

/** As many are looked at. */
const maxOfKind = 10;

const isAskable = (word: string): boolean => isAspect(word) || isColour(word);

const hasWish = ({ request: { size, quality } }: Inquiry): boolean => size !== undefined || quality !== undefined;

function asksOf(inquiry: Inquiry): boolean {
  const { cues, folded } = inquiry.request;
  const isAsked = [cues.stock, cues.price, cues.details, cues.pointer, cues.demonstrative].some((cue) =>
    cue.test(folded),
  );
  return isAsked || hasWish(inquiry) || isQuestion(inquiry) || inquiry.request.count !== undefined;
}

const isQuestion = ({ request: { cues, folded } }: Inquiry): boolean =>
  [cues.question, cues.price, cues.stock, cues.details].some((cue) => cue.test(folded)) && !cues.recommend.test(folded);

/** Where nothing is asked: a product that is called by its whole name, or that of the page. */
const isTold = (subject: Extract<Subject, { kind: 'one' }>, inquiry: Inquiry): boolean =>
  subject.named
    ? isNamed(subject.item, inquiry.request) || (subject.rest.some(isColour) && coloursOf(subject.item).length > 0)
    : true;

async function answerAbout(asked: Asked): Promise<Answer> {
  const { item, inquiry } = asked;
  const { phrases, cues, folded, count } = inquiry.request;
  const asksStock = asked.wishes.length > 0 || count !== undefined || cues.stock.test(folded);
  const isPlain = !asksStock && !cues.price.test(folded) && asked.rest.length === 0;
  const others =
    asksStock && item.availability === 'out-of-stock' ? (await alternativesOf(item, inquiry)).slice(0, 2) : [];
  const text = textAbout(asked);
  return {
    text: others.length === 0 ? text : `${text} ${phrases.alternatives(item.title)}\n${listOf(others, inquiry)}`,
    items: recommend([item, ...others], { inquiry, reasons: () => [] }),
    suggestions: isPlain
      ? [phrases.ask.stock(item.title), phrases.ask.similar(item.title)]
      : [phrases.ask.similar(item.title)],
  };
}

function textAbout({ item, wishes, count, rest, inquiry }: Asked): string {
  const { phrases, cues, folded } = inquiry.request;
  const facts = factsOn(item, { rest, inquiry });
  const asksPrice = cues.price.test(folded);
  if (wishes.length > 0) return joined([choiceText(item, { wishes, count, inquiry }), ...facts]);
  if (asksPrice) return joined([priceSentence(item, inquiry), stockNote(item, phrases), ...facts]);
  if (cues.stock.test(folded) || count !== undefined)
    return joined([...stockText(item, { isPlain: rest.length === 0, inquiry }), ...facts]);
  if (facts.length > 0) return joined([...facts, priceSentence(item, inquiry)]);
  return fullText(item, inquiry);
}

const joined = (sentences: readonly string[]): string => sentences.join(' ');

/** What the catalogue says of each word that was asked about, and of which it says nothing. */
function factsOn(item: Item, { rest, inquiry }: Pick<Asked, 'rest' | 'inquiry'>): readonly string[] {
  const { phrases, ageText, percent } = inquiry.request;
  const asksFor = new Set([...rest, ...aspectsIn(inquiry)]);
  const found = new Map(Array.from(asksFor, (word) => [word, statementsOn(item, word)]));
  const facts = [...new Set([...found.values()].flat())].slice(0, maxFacts);
  const asked = facts.length > 0 ? rest.filter((word) => !vagueAspects.has(word)) : [...asksFor];
  const silent = [
    ...(percent === undefined || statesPercent(item, percent) ? [] : [`${percent} %`]),
    ...asked.filter((word) => found.get(word)?.length === 0),
  ];
  return [
    ...(facts.length === 0 ? [] : [phrases.stated({ title: item.title, facts })]),
    ...(silent.length === 0
      ? []
      : [
          phrases.unstated({
            title: item.title,
            words: silent.map((word) => (word === 'age' ? (ageText ?? word) : word)).join(' '),
          }),
        ]),
  ];
}

/** More is not quoted. */
const maxFacts = 4;

/** Words of asking that ask for an aspect all the same: `what is it made of`, `welche Marke`. */
const aspectsIn = ({ request: { folded, isContent, cues } }: Inquiry): readonly string[] =>
  cues.choices.test(folded) || cues.price.test(folded)
    ? []
    : (folded.match(/[\p{L}]+/gu) ?? []).filter(
        (word) => word.length > 3 && !isContent(word) && isAspect(word) && !vagueAspects.has(word),
      );

function stockText(
  item: Item,
  { isPlain, inquiry }: { readonly isPlain: boolean; readonly inquiry: Inquiry },
): readonly string[] {
  const { phrases, cues, folded, count } = inquiry.request;
  const isEnough = count === undefined || (item.quantity !== undefined && item.quantity >= count);
  const isThere = item.availability === 'in-stock' || item.availability === 'limited';
  const details = cues.choices.test(folded) ? detailsOf(item) : [];
  return [
    `${isThere && isPlain && isEnough && !cues.choices.test(folded) ? phrases.yes : ''}${stockSentence(item, phrases)}`,
    priceSentence(item, inquiry),
    ...(details.length > 0 ? [phrases.details(details)] : []),
  ];
}

/** Everything about what "it" must be, where a message has no other meaning. */
export async function answerPointer(inquiry: Inquiry): Promise<Answer | undefined> {
  const { words } = inquiry.request;
  if (words.length > 0 || !points(inquiry.request)) return undefined;
  const subject = await findSubject(inquiry);
  if (subject.kind !== 'one') return undefined;
  const { ask } = inquiry.request.phrases;
  return {
    text: fullText(subject.item, inquiry),
    items: recommend([subject.item], { inquiry, reasons: () => [] }),
    suggestions: [ask.stock(subject.item.title), ask.similar(subject.item.title)],
  };
}
