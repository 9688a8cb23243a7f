import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isLike, stemOf, stopWords, wordsOf } from '../../catalog/index.ts';
import { schemaGuard } from '../../dialects/schema.ts';

/** A question that people ask a shop, and what the shop answers. */
export interface Question {
  /** Wordings of it; others that share their telling words are understood too. */
  readonly ask: readonly string[];
  readonly answer: string;
  /** What is said when the visitor wants to know more. */
  readonly more?: string;
  readonly suggestions?: readonly string[];
  /** The language of its wording, where it is for visitors of that language alone. */
  readonly locale?: string;
}

const guard = schemaGuard<readonly Question[]>('catalog/questions.json');

/** Reads a YAML file of questions. Throws a plain `Error` that names the file, the place in it, and what was expected. */
export function readQuestions(file: string): readonly Question[] {
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`The questions in ${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
  if (guard.accepts(value)) return value;
  const wrong = guard
    .violations(value)
    .map(({ path, message }) => `${file}: ${path.join('.') || 'the file'} ${message}`);
  throw new Error(wrong.slice(0, 10).join('\n'));
}

/** A question that a text may be, and how sure that is, from 0 to 1. */
export interface QuestionMatch {
  readonly question: Question;
  readonly certainty: number;
}

/** Finds the question that a text comes closest to, among those for its language; undefined if it has nothing of any. */
export type QuestionMatcher = (text: string, language: string) => QuestionMatch | undefined;

interface Wording {
  readonly question: Question;
  readonly words: readonly string[];
  readonly weight: number;
}

/** Grammar tells wordings apart where nothing else does, but says little. */
const grammarWeight = 0.15;
/** Nor does politeness. */
const polite: ReadonlySet<string> = new Set(['please', 'bitte', 'hello', 'hi', 'hey', 'hallo', 'just', 'quick', 'mal']);

const weightOf = (word: string): number => (stopWords.has(word) || polite.has(word) ? grammarWeight : 1);

const weigh = (words: readonly string[]): number => words.reduce((total, word) => total + weightOf(word), 0);

const distinctWords = (text: string): readonly string[] => [...new Set(wordsOf(text))];

/** Longer messages than that are no such question. */
const maxWords = 40;

/** Prepares questions for matching: by shared words, in singular or plural, typing errors allowed. */
export function createQuestionMatcher(questions: readonly Question[]): QuestionMatcher {
  const wordings: readonly Wording[] = questions.flatMap((question) =>
    question.ask.map((ask) => {
      const words = distinctWords(ask);
      return { question, words, weight: weigh(words) };
    }),
  );
  const understand = createUnderstanding(wordings);
  return (text, language) => {
    const words = distinctWords(text).slice(0, maxWords);
    const weight = weigh(words);
    const meant = new Set(words.flatMap(understand));
    let best: QuestionMatch | undefined;
    for (const { question, words: asked, weight: askedWeight } of meant.size === 0 ? [] : wordings) {
      if (question.locale !== undefined && !question.locale.toLowerCase().startsWith(language)) continue;
      // What both have, of all that either has: 1 for the same words, 0 for none.
      const shared = asked.reduce((total, word) => total + (meant.has(word) ? weightOf(word) : 0), 0);
      const certainty = (2 * shared) / (weight + askedWeight);
      if (certainty > (best?.certainty ?? 0)) best = { question, certainty };
    }
    return best;
  };
}

/** Which of the wordings' words a word stands for: itself, another form of it, or else what it is a typing error of. */
function createUnderstanding(wordings: readonly Wording[]): (word: string) => readonly string[] {
  // Grammar is compared as it is: its words have no plural.
  const stem = (word: string) => (stopWords.has(word) ? word : stemOf(word));
  const known = [...new Set(wordings.flatMap(({ words }) => words))];
  const byStem = new Map<string, string[]>();
  for (const word of known) byStem.set(stem(word), [...(byStem.get(stem(word)) ?? []), word]);
  return (word) => byStem.get(stem(word)) ?? known.filter((other) => isLike(word, other));
}
