import type { Catalog } from '../../catalog/index.ts';
import type { CarriedField } from '../../dialects/dialect.ts';
import type { Backend } from '../backend.ts';
import { itemFields } from '../capabilities.ts';
import { createAnswering } from './answers/index.ts';
import { answerKnownQuestion } from './answers/known-question.ts';
import { createInquiry, type Inquiry } from './inquiry.ts';
import { createQuestionMatcher, type Question } from './questions.ts';
import { type AskPart, answerEach, questionsIn } from './several.ts';
import { speak } from './speak.ts';

export { type Question, readQuestions } from './questions.ts';

export interface CatalogBackendOptions {
  readonly name: string;
  readonly catalog: Catalog;
  readonly questions?: readonly Question[];
  /** ISO 4217, for amounts that name no currency. */
  readonly currency?: string;
}

/** What is read of a turn to answer it, and what an answer can have. */
export const carries: ReadonlySet<CarriedField> = new Set<CarriedField>([
  'text',
  'delivery',
  'conversationId',
  'history',
  'activity',
  'pageUrl',
  'locale',
  'itemLimit',
  'output.id',
  'output.text',
  'output.items',
  'output.suggestions',
  'output.usage',
  'output.finishReason',
  ...itemFields,
]);

/**
 * Answers in words from a catalogue and a list of questions, without a language model. The same turn in the same context gives the
 * same answer. It names no product that the catalogue does not have, and answers any text. It leaves the catalogue open when closed.
 */
export function createCatalogBackend({ name, catalog, questions = [], currency }: CatalogBackendOptions): Backend {
  const answering = createAnswering(questions);
  const matchQuestion = createQuestionMatcher(questions);
  return {
    name,
    carries,
    answer: (turn, context, { signal }) =>
      speak({
        replyId: context.replyId,
        question: turn.text,
        signal,
        answer: async () => {
          const source = { turn, context, catalog, signal, matchQuestion, currency };
          const whole = await createInquiry(source);
          const questions = isKnownWhole(whole) ? [] : questionsIn(whole);
          if (questions.length < 2) return answering(whole);
          const ask: AskPart = (part, answers) =>
            createInquiry({ ...source, turn: part, within: { speech: whole.speech, answers } });
          return answerEach(questions, { whole, ask, answer: answering });
        },
      }),
  };
}

/** Whether a message as a whole is one of the shop's own questions. */
const isKnownWhole = (inquiry: Inquiry): boolean => answerKnownQuestion(inquiry) !== undefined;
