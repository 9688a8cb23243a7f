import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isLike, stemOf, stopWords, wordsOf } from '../../catalog/index.ts';
import { schemaGuard } from '../../dialects/schema.ts';
import { isGrammar } from './language/index.ts';
import { covers, type Place, placesIn } from './reading/places.ts';

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
  /** Words of the text that neither the question nor its answer has; countries among them by their names. */
  readonly strange: readonly { readonly word: string; readonly isPlace: boolean }[];
  /** Whether only its longer text speaks of the countries that the text names. */
  readonly isInMore: boolean;
}

/**
 * Finds the question that a text comes closest to, among those for its language; undefined if it has nothing of any. A word that
 * `knows` has is no typing error of another one.
 */
export type QuestionMatcher = (
  text: string,
  language: string,
  knows?: (word: string) => boolean,
) => QuestionMatch | undefined;

interface Wording {
  readonly question: Question;
  readonly text: string;
  readonly words: readonly string[];
  readonly weight: number;
}

/** Grammar tells wordings apart where nothing else does, but says little. */
const grammarWeight = 0.15;
/** Nor does politeness. */
const polite: ReadonlySet<string> = new Set(['please', 'bitte', 'hello', 'hi', 'hey', 'hallo', 'just', 'quick', 'mal']);

const weightOf = (word: string): number =>
  stopWords.has(word) || polite.has(word) || isGrammar(word) ? grammarWeight : 1;

const weigh = (words: readonly string[]): number => words.reduce((total, word) => total + weightOf(word), 0);

const distinctWords = (text: string): readonly string[] => [...new Set(wordsOf(text))];

/** Longer messages than that are no such question. */
const maxWords = 40;

/** Prepares questions for matching: by shared words, in singular or plural, typing errors allowed. */
export function createQuestionMatcher(questions: readonly Question[]): QuestionMatcher {
  const wordings: readonly Wording[] = questions.flatMap((question) =>
    question.ask.map((ask) => {
      const words = distinctWords(ask);
      return { question, text: ask, words, weight: weigh(words) };
    }),
  );
  const understand = createUnderstanding(wordings);
  const vocabularies = new Map(questions.map((question) => [question, vocabularyOf(question)]));
  return (text, language, knows = () => false) => {
    const words = distinctWords(text).slice(0, maxWords);
    const places = placesIn(text, language);
    const named = new Set(places.flatMap(({ name }) => wordsOf(name)));
    // Countries are compared by themselves.
    const weight = weigh(words.filter((word) => !named.has(word)));
    const meant = new Set(words.flatMap((word) => understand(word, knows(word))));
    let best: { readonly wording: Wording; readonly certainty: number } | undefined;
    for (const wording of meant.size === 0 ? [] : wordings) {
      const { question, words: asked, weight: askedWeight } = wording;
      if (question.locale !== undefined && !question.locale.toLowerCase().startsWith(language)) continue;
      // What both have, of all that either has: 1 for the same words, 0 for none.
      const shared = asked.reduce((total, word) => total + (meant.has(word) ? weightOf(word) : 0), 0);
      const certainty = fitOf(wording, places, language) * ((2 * shared) / (weight + askedWeight));
      if (certainty > (best?.certainty ?? 0)) best = { wording, certainty };
    }
    if (best === undefined) return undefined;
    const { question } = best.wording;
    const vocabulary = vocabularies.get(question) ?? new Set();
    const strange = words
      .filter(
        (word) =>
          !vocabulary.has(stemOf(word)) && !understand(word, knows(word)).some((each) => vocabulary.has(stemOf(each))),
      )
      .map((word) => ({ word, isPlace: false }));
    const elsewhere = places
      .filter((place) => !speaksOf(best.wording.question, place, language))
      .map(({ name }) => ({ word: name, isPlace: true }));
    const { ask, answer } = question;
    const isInMore = places.length > 0 && !places.every((place) => speaksOf({ ask, answer }, place, language));
    return {
      question,
      certainty: best.certainty,
      isInMore: isInMore && elsewhere.length === 0,
      strange: [...elsewhere, ...strange.filter(({ word }) => !named.has(word))],
    };
  };
}

/** A wording that is about other countries than the text is about something else. */
function fitOf({ text, question }: Wording, places: readonly Place[], language: string): number {
  const asked = placesIn(text, language);
  if (places.length === 0) return 1;
  if (places.every((place) => asked.some(({ code }) => code === place.code))) return 1.4;
  if (places.every((place) => speaksOf(question, place, language))) return asked.length > 0 ? 0.9 : 1.1;
  return 0.7;
}

const speaksOf = ({ ask, answer, more = '' }: Question, place: Place, language: string): boolean =>
  covers([...ask, answer, more].join(' . '), place, language);

/** The stems of all that a question and its answer say. */
const vocabularyOf = ({ ask, answer, more = '' }: Question): ReadonlySet<string> =>
  new Set([...ask, answer, more].flatMap((text) => wordsOf(text).map(stemOf)));

/** Which of the wordings' words a word stands for: itself, another form of it, or else what it is a typing error of. */
function createUnderstanding(wordings: readonly Wording[]): (word: string, isKnown: boolean) => readonly string[] {
  // Grammar is compared as it is: its words have no plural.
  const stem = (word: string) => (stopWords.has(word) ? word : stemOf(word));
  const known = [...new Set(wordings.flatMap(({ words }) => words))];
  const byStem = new Map<string, string[]>();
  for (const word of known) byStem.set(stem(word), [...(byStem.get(stem(word)) ?? []), word]);
  return (word, isKnown) =>
    byStem.get(stem(word)) ?? (isKnown || word.length < 5 ? [] : known.filter((other) => isLike(word, other)));
}
