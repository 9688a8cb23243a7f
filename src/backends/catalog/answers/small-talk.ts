import { type Answer, say } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';

/** As many as fit a screen. */
const shownCategories = 3;

/** What is longer says more than hello. */
const maxGreeting = 40;

/** What a visitor can begin with: the shop's largest categories. */
export function openings({ catalog, request: { phrases } }: Inquiry): readonly string[] {
  return catalog.categories.slice(0, shownCategories).map(({ name }) => phrases.ask.category(name));
}

/** Greetings, thanks, goodbyes, and messages without a word. */
export function answerSmallTalk(inquiry: Inquiry): Answer | undefined {
  const { turn, request } = inquiry;
  const { phrases, cues, folded, isContent } = request;
  if (!/[\p{L}\p{N}]/u.test(folded)) {
    return say(turn.attachments.length > 0 ? phrases.picture : phrases.silence, openings(inquiry));
  }
  if (request.size !== undefined) return undefined;
  const isAll = (cue: RegExp) =>
    cue.test(folded) &&
    !(folded.replace(cue, ' ').match(/[\p{L}\p{N}]+/gu) ?? []).some(isContent) &&
    !cues.stock.test(folded) &&
    !cues.price.test(folded);
  if (isAll(cues.thanks)) return say(phrases.thanks);
  if (isAll(cues.goodbye)) return say(phrases.goodbye);
  // `Hi, is it in stock?` is a question.
  return isAll(cues.greeting) && folded.length <= maxGreeting && !folded.includes('?')
    ? say(phrases.greeting, openings(inquiry))
    : undefined;
}
