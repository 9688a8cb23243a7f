import type { CatalogMatch } from '../../../catalog/index.ts';
import type { Answer } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { type Quest, readQuest } from './quest.ts';
import { recipientOf, showMatches, spokenLimits, spokenWords } from './showing.ts';
import { hasSize } from './stock.ts';

/** Products that have all that was asked for. */
export async function answerFound(inquiry: Inquiry): Promise<Answer | undefined> {
  const quest = readQuest(inquiry);
  if (!quest.meant) return undefined;
  const found = await inquiry.search(quest);
  if (found[0]?.matched !== 'all') return undefined;
  const { size } = inquiry.request;
  const fitting = size === undefined ? [] : found.filter(({ item }) => hasSize(item, size));
  const matches = fitting.length > 0 ? fitting : found;
  return showMatches(matches, { quest, inquiry, intro: introOf(matches, quest, inquiry) });
}

function introOf(matches: readonly CatalogMatch[], { order }: Quest, inquiry: Inquiry): string {
  const { phrases, cues, folded } = inquiry.request;
  const words = spokenWords(inquiry);
  const limits = spokenLimits(inquiry);
  const item = matches[0]?.item;
  const price = item === undefined ? undefined : inquiry.price(item);
  if (order !== 'relevance' && item !== undefined && price !== undefined) {
    return phrases[order]({ words, title: item.title, price });
  }
  if (cues.gift.test(folded)) return phrases.gifts(recipientOf(inquiry));
  if (cues.recommend.test(folded)) return phrases.recommended({ words, limits });
  return phrases.found({ words, limits, count: matches.length });
}
