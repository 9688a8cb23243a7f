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

/** A word that is compared by its stem, or letter by letter for typing errors: those change the stem, too. */
interface Word {
  readonly text: string;
  readonly stem: string;
}

interface Wording {
  readonly question: Question;
  readonly words: readonly Word[];
  readonly weight: number;
}

/** Grammar tells wordings apart where nothing else does, but says little. */
const grammarWeight = 0.15;
/** Nor does politeness. */
const polite: ReadonlySet<string> = new Set(['please', 'bitte', 'hello', 'hi', 'hey', 'hallo', 'just', 'quick', 'mal']);

const weigh = (words: readonly Word[]): number =>
  words.reduce((total, { text }) => total + (stopWords.has(text) || polite.has(text) ? grammarWeight : 1), 0);

/** Longer messages than that are no such question. */
const maxWords = 40;

/** Prepares questions for matching: by shared words, typing errors allowed. */
export function createQuestionMatcher(questions: readonly Question[]): QuestionMatcher {
  const wordings: readonly Wording[] = questions.flatMap((question) =>
    question.ask.map((ask) => {
      const words = readWords(ask);
      return { question, words, weight: weigh(words) };
    }),
  );
  return (text, language) => {
    const words = readWords(text).slice(0, maxWords);
    const weight = weigh(words);
    let best: QuestionMatch | undefined;
    for (const wording of wordings) {
      const { question } = wording;
      if (question.locale !== undefined && !question.locale.toLowerCase().startsWith(language)) continue;
      // What both have, of all that either has: 1 for the same words, 0 for none.
      const certainty =
        (2 * weigh(wording.words.filter((word) => isAmong(word, words)))) / (weight + wording.weight || 1);
      if (certainty > (best?.certainty ?? 0)) best = { question, certainty };
    }
    return best;
  };
}

function readWords(text: string): readonly Word[] {
  // Grammar is compared as it is: its words have no plural.
  return [...new Set(wordsOf(text))].map((word) => ({ text: word, stem: stopWords.has(word) ? word : stemOf(word) }));
}

function isAmong({ text, stem }: Word, words: readonly Word[]): boolean {
  return words.some((other) => other.stem === stem || isLike(other.text, text));
}
