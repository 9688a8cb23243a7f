import { type Answer, say } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { unspokenLanguage } from '../language/index.ts';
import { maxLength } from '../request.ts';

/** Says in a language that is not spoken which ones are. */
export function answerUnspoken({ turn: { text } }: Inquiry): Answer | undefined {
  const language = unspokenLanguage(text.slice(0, maxLength));
  return language === undefined ? undefined : say(language.sentence);
}
