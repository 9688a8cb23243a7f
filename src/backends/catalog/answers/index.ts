import { type Answer, say } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import { unspokenLanguage } from '../language/index.ts';
import type { Question } from '../questions.ts';
import { maxLength } from '../request.ts';
import { answerAlternatives } from './alternatives.ts';
import { answerComparison } from './comparison.ts';
import { createElaboration } from './elaborate.ts';
import { answerFound } from './find.ts';
import { answerKnownQuestion, answerLikelyQuestion, answerTopic } from './known-question.ts';
import { answerNear } from './near.ts';
import { answerPointer, answerProduct } from './product.ts';
import { answerNothing, answerShop } from './shop.ts';
import { answerSmallTalk } from './small-talk.ts';

/** Answers any message: the first of these that has an answer gives it, the surest come first. */
export function createAnswering(questions: readonly Question[]): (inquiry: Inquiry) => Promise<Answer> {
  const responders: readonly Responder[] = [
    answerUnspoken,
    answerKnownQuestion,
    answerSmallTalk,
    createElaboration(questions),
    answerTopic,
    answerComparison,
    answerAlternatives,
    answerShop,
    answerProduct,
    answerFound,
    answerPointer,
    answerLikelyQuestion,
    answerNear,
  ];
  return async (inquiry) => {
    for (const respond of responders) {
      const answer = await respond(inquiry);
      if (answer !== undefined) return answer;
    }
    return answerNothing(inquiry);
  };
}

/** Answers a message, or leaves it to the next one. */
type Responder = (inquiry: Inquiry) => Answer | undefined | Promise<Answer | undefined>;

/** Says in a language that is not spoken which ones are. */
function answerUnspoken({ turn: { text } }: Inquiry): Answer | undefined {
  const language = unspokenLanguage(text.slice(0, maxLength));
  return language === undefined ? undefined : say(language.sentence);
}
