import { wordsOf } from '../../../catalog/index.ts';
import { dutch } from './dutch.ts';
import { english } from './english.ts';
import { french } from './french.ts';
import { german } from './german.ts';
import { italian } from './italian.ts';
import type { Language, Speech } from './phrases.ts';
import { spanish } from './spanish.ts';
import { type Unspoken, unspoken } from './unspoken.ts';

export type { Cues, PriceWords } from './cues.ts';
export { because, type Language, type Phrases, type Reason, type Speech } from './phrases.ts';

/** What is spoken. Adding a language is a file and a line here. */
export const languages: Readonly<Record<Language, Speech>> = {
  en: english,
  de: german,
  fr: french,
  es: spanish,
  it: italian,
  nl: dutch,
};
const tags = Object.keys(languages) as readonly Language[]; // the keys of the table above

const isLanguage = (tag: string): tag is Language => Object.hasOwn(languages, tag);

/** How telling a word is of a language: less so if others have it too. */
const telling: ReadonlyMap<string, readonly Language[]> = (() => {
  const found = new Map<string, Language[]>();
  for (const tag of tags) for (const word of languages[tag].grammar) found.set(word, [...(found.get(word) ?? []), tag]);
  return found;
})();

/** Whether a word is grammar in one of the languages whose grammar the catalogue does not leave out. */
export const isGrammar = (word: string): boolean =>
  (['fr', 'es', 'it', 'nl'] as const).some((tag) => languages[tag].grammar.has(word)) &&
  !english.grammar.has(word) &&
  !german.grammar.has(word);

type Scores = Readonly<Record<Language, number>>;

function scoresOf(texts: readonly string[]): Scores {
  const scores: Record<Language, number> = { en: 0, de: 0, fr: 0, es: 0, it: 0, nl: 0 };
  for (const text of texts)
    for (const word of wordsOf(text.replace(/['’]/g, ' '))) {
      // `s` of `chef's` is no French.
      const spoken = word.length > 1 ? (telling.get(word) ?? []) : [];
      for (const tag of spoken) scores[tag] += 1 / spoken.length;
    }
  return scores;
}

const bestOf = (scores: Scores): readonly Language[] => tags.toSorted((a, b) => scores[b] - scores[a]);

/** Whether a text alone tells its language. */
export function isTelling(text: string): boolean {
  const scores = scoresOf([text]);
  const [first = 'en', second = 'en'] = bestOf(scores);
  return scores[first] >= 0.9 && scores[first] - scores[second] >= 0.4;
}

export interface Spoken {
  readonly text: string;
  readonly locale?: string;
  /** What the same visitor wrote before. */
  readonly before?: readonly string[];
}

/** As much as a page's language, and an earlier message's, counts against the words of a text. */
const stated = 0.9;

/**
 * The language to answer in: that of the text where it is plain to see, otherwise that of the conversation, then the locale's, then
 * English. A page's locale says what the page is written in, the text what its visitor speaks.
 */
export function chooseLanguage({ text, locale = '', before = [] }: Spoken): Speech {
  const tag = locale.toLowerCase().split(/[-_]/)[0] ?? '';
  const [own, earlier] = [scoresOf([text]), scoresOf(before)];
  const [spoken] = bestOf(earlier);
  const bonus = (each: Language): number =>
    (each === tag ? stated : 0) + (spoken === each && earlier[each] > 0 ? stated * 1.4 : 0);
  const total = (each: Language): number => own[each] + bonus(each);
  const [best = 'en'] = tags.toSorted((a, b) => total(b) - total(a));
  return languages[total(best) > 0 ? best : isLanguage(tag) ? tag : 'en'];
}

/** A language of the text that is not spoken here; undefined where it may be one that is. */
export function unspokenLanguage(text: string): Unspoken | undefined {
  const script = unspoken.find((language) => language.script?.test(text) === true);
  if (script !== undefined) return script;
  // What is a word of a spoken language too says nothing.
  const words = [...new Set(wordsOf(text))].filter((word) => !telling.has(word));
  const spoken = Math.max(...Object.values(scoresOf([text])));
  const counts = unspoken.map((language) => ({
    language,
    count: words.filter((word) => language.words.has(word)).length,
  }));
  const [best] = counts.toSorted((a, b) => b.count - a.count);
  return best !== undefined && best.count >= 2 && best.count > spoken + 0.5 ? best.language : undefined;
}
