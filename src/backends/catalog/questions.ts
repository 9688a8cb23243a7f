import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isLike, stemOf, stopWords, wordsOf } from '../../catalog/index.ts';
import { schemaGuard } from '../../dialects/schema.ts';
import { isGrammar } from './language/index.ts';
import { codesOf, countriesIn, type Place, placesIn } from './reading/places.ts';

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
  readonly words: readonly string[];
  readonly weight: number;
  /** The countries that it names, by their codes. */
  readonly places: ReadonlySet<string>;
}

/** The countries that a question speaks of, by their codes: with its answer, and with its longer text too. */
interface Spoken {
  readonly inAnswer: ReadonlySet<string>;
  readonly inAll: ReadonlySet<string>;
}

/** What is compared with texts of one language. */
interface Prepared {
  readonly wordings: readonly Wording[];
  readonly spoken: ReadonlyMap<Question, Spoken>;
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

/** The questions for those who speak a language, with the countries that they name in it. */
function prepare(questions: readonly Question[], language: string): Prepared {
  const asked = questions.filter(({ locale }) => locale === undefined || locale.toLowerCase().startsWith(language));
  return {
    wordings: asked.flatMap((question) =>
      question.ask.map((text) => {
        const words = distinctWords(text);
        return { question, words, weight: weigh(words), places: codesOf(placesIn(text, language)) };
      }),
    ),
    spoken: new Map(
      asked.map((question) => {
        const { ask, answer, more = '' } = question;
        const inAnswer = countriesIn([...ask, answer].join(' . '), language);
        return [question, { inAnswer, inAll: new Set([...inAnswer, ...countriesIn(more, language)]) }];
      }),
    ),
  };
}

/** Prepares questions for matching: by shared words, in singular or plural, typing errors allowed. */
export function createQuestionMatcher(questions: readonly Question[]): QuestionMatcher {
  const understand = createUnderstanding(questions.flatMap(({ ask }) => ask.flatMap(distinctWords)));
  const vocabularies = new Map(questions.map((question) => [question, vocabularyOf(question)]));
  const byLanguage = new Map<string, Prepared>();
  const preparedFor = (language: string): Prepared => {
    const prepared = byLanguage.get(language) ?? prepare(questions, language);
    byLanguage.set(language, prepared);
    return prepared;
  };
  return (text, language, knows = () => false) => {
    const { wordings, spoken } = preparedFor(language);
    const words = distinctWords(text).slice(0, maxWords);
    const understood = new Map(words.map((word) => [word, understand(word, knows(word))]));
    const places = placesIn(text, language);
    const named = new Set(places.flatMap(({ name }) => wordsOf(name)));
    // Countries are compared by themselves.
    const weight = weigh(words.filter((word) => !named.has(word)));
    const meant = new Set([...understood.values()].flat());
    let best: { readonly wording: Wording; readonly spoken: Spoken; readonly certainty: number } | undefined;
    for (const wording of meant.size === 0 ? [] : wordings) {
      const about = spoken.get(wording.question) ?? silent;
      // What both have, of all that either has: 1 for the same words, 0 for none.
      const shared = wording.words.reduce((total, word) => total + (meant.has(word) ? weightOf(word) : 0), 0);
      const certainty = fitOf(wording, places, about) * ((2 * shared) / (weight + wording.weight));
      if (certainty > (best?.certainty ?? 0)) best = { wording, spoken: about, certainty };
    }
    if (best === undefined) return undefined;
    const { question } = best.wording;
    const { inAnswer, inAll } = best.spoken;
    const vocabulary = vocabularies.get(question) ?? new Set();
    const strange = words.filter(
      (word) =>
        !named.has(word) &&
        !vocabulary.has(stemOf(word)) &&
        !(understood.get(word) ?? []).some((each) => vocabulary.has(stemOf(each))),
    );
    const elsewhere = places.filter(({ code }) => !inAll.has(code));
    return {
      question,
      certainty: best.certainty,
      isInMore: elsewhere.length === 0 && places.some(({ code }) => !inAnswer.has(code)),
      strange: [
        ...elsewhere.map(({ name }) => ({ word: name, isPlace: true })),
        ...strange.map((word) => ({ word, isPlace: false })),
      ],
    };
  };
}

const silent: Spoken = { inAnswer: new Set(), inAll: new Set() };

/** A wording that is about other countries than the text is about something else. */
function fitOf({ places: asked }: Wording, places: readonly Place[], { inAll }: Spoken): number {
  if (places.length === 0) return asked.size > 0 ? 0.5 : 1;
  if (places.every(({ code }) => asked.has(code))) return 1.4;
  if (places.every(({ code }) => inAll.has(code))) return asked.size > 0 ? 0.9 : 1.1;
  return 0.7;
}

/** The stems of all that a question and its answer say. */
const vocabularyOf = ({ ask, answer, more = '' }: Question): ReadonlySet<string> =>
  new Set([...ask, answer, more].flatMap((text) => wordsOf(text).map(stemOf)));

/** Which of the wordings' words a word stands for: itself, another form of it, or else what it is a typing error of. */
function createUnderstanding(words: readonly string[]): (word: string, isKnown: boolean) => readonly string[] {
  // Grammar is compared as it is: its words have no plural.
  const stem = (word: string) => (stopWords.has(word) ? word : stemOf(word));
  const known = [...new Set(words)];
  const byStem = new Map<string, string[]>();
  for (const word of known) byStem.set(stem(word), [...(byStem.get(stem(word)) ?? []), word]);
  return (word, isKnown) =>
    byStem.get(stem(word)) ?? (isKnown || word.length < 5 ? [] : known.filter((other) => isLike(word, other)));
}
