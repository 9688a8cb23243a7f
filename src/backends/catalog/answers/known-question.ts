import { type Answer, say } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import type { Question } from '../questions.ts';

/** So sure, and a question goes before every product. */
const sure = 0.75;
/** So sure, and it goes before products that fit only in part. */
const likely = 0.55;

/** The shop's own answer to a question of its list. */
export function answerKnownQuestion({ question }: Inquiry): Answer | undefined {
  return question !== undefined && question.certainty >= sure ? told(question.question) : undefined;
}

/** The same for a question that is only like one of the list. */
export function answerLikelyQuestion({ question }: Inquiry): Answer | undefined {
  return question !== undefined && question.certainty >= likely ? told(question.question) : undefined;
}

const told = ({ answer, suggestions }: Question): Answer => say(answer.trim(), suggestions);
