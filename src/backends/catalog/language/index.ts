import { stopWords, wordsOf } from '../../../catalog/index.ts';
import { type Cues, cues } from './cues.ts';
import { english } from './english.ts';
import { german } from './german.ts';
import type { Language, Phrases } from './phrases.ts';

export type { Cues } from './cues.ts';
export type { Language, Phrases, Reason } from './phrases.ts';

/** What is said in a language, and how it is understood. Adding a language is a line here. */
const languages: Readonly<
  Record<Language, { readonly phrases: Phrases; readonly cues: Cues; readonly telling: string }>
> = {
  en: {
    phrases: english,
    cues: cues.en,
    telling:
      'the is are you your do does have has can what which how much for with and my of show me please hello looking in it i thanks where when a',
  },
  de: {
    phrases: german,
    cues: cues.de,
    telling:
      'der die das den dem ein eine einen ist sind ihr euch sie habt haben hat gibt es kann koennen was welche welcher welches wie viel fuer mit und mein meinen meine auf zeig mir bitte hallo suche ich danke wo wann kostet nicht noch groesse unter bis',
  },
};

/** Words that stand in one of the languages only. */
const tellingWords: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: new Set(languages.en.telling.split(' ')),
  de: new Set(languages.de.telling.split(' ')),
};

const isLanguage = (tag: string): tag is Language => Object.hasOwn(languages, tag);

/**
 * The language to answer in: that of the text where it is plain to see, otherwise that of the locale, otherwise English. A page's
 * locale says what the page is written in, the text what its visitor speaks.
 */
export function chooseLanguage({ text, locale = '' }: { readonly text: string; readonly locale?: string }): {
  readonly phrases: Phrases;
  readonly cues: Cues;
} {
  const tag = locale.toLowerCase().split(/[-_]/)[0] ?? '';
  const stated: Language = isLanguage(tag) ? tag : 'en';
  const other: Language = stated === 'en' ? 'de' : 'en';
  const words = wordsOf(text).filter((word) => stopWords.has(word) || word.length > 2);
  const count = (language: Language) => words.filter((word) => tellingWords[language].has(word)).length;
  const isOther = count(other) >= (locale === '' ? 1 : 2) && count(other) > count(stated);
  return languages[isOther ? other : stated];
}
