import { type Answer, say } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { unspokenLanguage } from '../language/index.ts';

/** Says in a language that is not spoken which ones are. */
export function answerUnspoken({ request: { text } }: Inquiry): Answer | undefined {
  const language = unspokenLanguage(text);
  return language === undefined ? undefined : say(language.sentence);
}
