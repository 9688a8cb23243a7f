import { type Answer, say } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { fullText, recommend } from '../product-text.ts';
import type { Question } from '../questions.ts';
import { openings } from './small-talk.ts';

/** Products of the last answer that more is told of. */
const maxItems = 2;

/** More about the last answer: the longer text of a known question, or the descriptions of its products. */
export function createElaboration(questions: readonly Question[]) {
  return async (inquiry: Inquiry): Promise<Answer | undefined> => {
    const { request } = inquiry;
    const { phrases, cues, folded, words } = request;
    if (words.length > 0 || !cues.elaborate.test(folded)) return undefined;
    const last = await inquiry.lastAnswer();
    if (last === undefined && inquiry.pageItem === undefined) return say(phrases.moreOfWhat, openings(inquiry));
    const told = questions.find(
      ({ answer, more }) => last !== undefined && [answer.trim(), more?.trim()].includes(last.text),
    );
    if (told?.more !== undefined && last?.text !== told.more.trim()) return say(told.more.trim(), told.suggestions);
    const items = last?.items.length ? last.items : told === undefined && inquiry.pageItem ? [inquiry.pageItem] : [];
    if (items.length === 0) return say(told === undefined ? phrases.moreOfWhat : phrases.saidAll, openings(inquiry));
    const shown = items.slice(0, maxItems);
    const text = shown.map((item) => fullText(item, inquiry)).join('\n\n');
    return {
      text: last?.text.endsWith(text) ? phrases.saidAll : `${phrases.more}\n\n${text}`,
      items: recommend(shown, { inquiry, reasons: () => [] }),
      suggestions: shown.map(({ title }) => phrases.ask.similar(title)),
    };
  };
}
