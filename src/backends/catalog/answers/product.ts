import type { CatalogItem as Item } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { fullText, priceSentence, recommend, stockNote } from '../product-text.ts';
import { contextItem, findSubject, isNamed } from '../subject.ts';

/** What one product costs. */
export async function answerPrice(inquiry: Inquiry): Promise<Answer | undefined> {
  const { cues, folded, phrases } = inquiry.request;
  if (!cues.price.test(folded) || cues.cheapest.test(folded) || cues.dearest.test(folded)) return undefined;
  const subject = await findSubject(inquiry);
  if (subject.kind !== 'one') return undefined;
  const { item } = subject;
  return {
    text: `${priceSentence(item, inquiry)} ${stockNote(item, phrases)}`,
    items: recommend([item], { inquiry, reasons: () => [] }),
    suggestions: [phrases.ask.similar(item.title)],
  };
}

/** Everything about one product: where it is asked for, or where nothing but its name is said. */
export async function answerDetails(inquiry: Inquiry): Promise<Answer | undefined> {
  const { cues, folded, words, minPrice, maxPrice } = inquiry.request;
  if (minPrice !== undefined || maxPrice !== undefined) return undefined;
  const asked = cues.details.test(folded) || (words.length > 0 && cues.question.test(folded));
  if (words.length === 0 && !asked) return undefined;
  const subject = await findSubject(inquiry);
  if (subject.kind !== 'one' || (!asked && !isNamed(subject.item, words))) return undefined;
  return told(subject.item, inquiry);
}

/** Everything about what "it" must be, where a message has no other meaning. */
export async function answerPointer(inquiry: Inquiry): Promise<Answer | undefined> {
  const { cues, folded, words } = inquiry.request;
  const points = cues.pointer.test(folded) || cues.ordinals.some((ordinal) => ordinal.test(folded));
  if (words.length > 0 || !points) return undefined;
  const subject = await findSubject(inquiry);
  const item = subject.kind === 'one' ? subject.item : await contextItem(inquiry);
  return item === undefined ? undefined : told(item, inquiry);
}

function told(item: Item, inquiry: Inquiry): Answer {
  const { ask } = inquiry.request.phrases;
  return {
    text: fullText(item, inquiry),
    items: recommend([item], { inquiry, reasons: () => [] }),
    suggestions: [ask.stock(item.title), ask.similar(item.title)],
  };
}
