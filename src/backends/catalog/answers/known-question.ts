import { wordsOf } from '../../../catalog/index.ts';
import { type Answer, say } from '../answer.ts';
import type { Inquiry } from '../inquiry.ts';
import type { QuestionMatch } from '../questions.ts';
import { spokenWords } from './showing.ts';
import { openings } from './small-talk.ts';

/** So sure, and a question goes before every product. */
const sure = 0.75;
/** So sure, and it goes before products that fit only in part. */
const likely = 0.55;

/** The shop's own answer to a question of its list, where it speaks of all that was asked. */
export function answerKnownQuestion(inquiry: Inquiry): Answer | undefined {
  const { question } = inquiry;
  return question !== undefined && question.certainty >= sure && strangeIn(question, inquiry, false).length === 0
    ? told(question)
    : undefined;
}

/** What only the shop's people can answer: their nearest answer, or none. */
export function answerTopic(inquiry: Inquiry): Answer | undefined {
  const { request, question } = inquiry;
  const { cues, folded, phrases } = request;
  const topic = cues.topic.exec(folded)?.[0];
  if (topic === undefined) return undefined;
  return question !== undefined && (question.certainty >= likely || speaksOf(topic, question, inquiry))
    ? nearest(question, inquiry)
    : say(phrases.noAnswer(spokenWords(inquiry)), openings(inquiry));
}

/** So sure, and a question that speaks of the topic, and of all else but one word, is near. */
const near = 0.35;

function speaksOf(topic: string, question: QuestionMatch, inquiry: Inquiry): boolean {
  const strange = strangeIn(question, inquiry, true);
  const isUnderstood = wordsOf(topic).some((word) => !question.strange.some((other) => other.word === word));
  return question.certainty >= near && isUnderstood && strange.length <= 1;
}

/** The answer to a question that is only like one of the list, where nothing else answers. */
export function answerLikelyQuestion(inquiry: Inquiry): Answer | undefined {
  const { question } = inquiry;
  return question !== undefined && question.certainty >= likely ? nearest(question, inquiry) : undefined;
}

function nearest(match: QuestionMatch, inquiry: Inquiry): Answer {
  const strange = strangeIn(match, inquiry, true);
  const { text, ...rest } = told(match);
  if (strange.length === 0) return { text, ...rest };
  const { phrases, cues } = inquiry.request;
  const words = spokenWords(inquiry, strange) || strange.join(' ');
  // A yes to another question is none to this one.
  return { text: `${phrases.nearAnswer(words)} ${text.replace(cues.affirms, '')}`, ...rest };
}

/** Words that carry meaning, and that the question does not have; nor, where products may be named beside it, does the catalogue. */
const strangeIn = (
  { strange }: QuestionMatch,
  { request: { isContent }, knows }: Inquiry,
  mayNameProducts: boolean,
): readonly string[] =>
  strange
    .filter(({ word, isPlace }) => isPlace || (isContent(word) && !(mayNameProducts && knows(word))))
    .map(({ word }) => word);

/** The answer; or what there is to say more, where that alone speaks of the places that were named. */
const told = ({ question: { answer, more, suggestions }, isInMore }: QuestionMatch): Answer =>
  say((isInMore ? (more ?? answer) : answer).trim(), suggestions);
