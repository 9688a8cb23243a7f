import { fold, wordsOf } from '../../../catalog/index.ts';

/** A country that a text names. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly code: string;
  readonly name: string;
}

/** What people call countries beside their names. */
const otherNames: Readonly<Record<string, string>> = {
  usa: 'US',
  'united states': 'US',
  america: 'US',
  amerika: 'US',
  'vereinigte staaten': 'US',
  'etats unis': 'US',
  'estados unidos': 'US',
  'stati uniti': 'US',
  uk: 'GB',
  england: 'GB',
  britain: 'GB',
  'great britain': 'GB',
  grossbritannien: 'GB',
  scotland: 'GB',
  wales: 'GB',
  angleterre: 'GB',
  inglaterra: 'GB',
  inghilterra: 'GB',
  engeland: 'GB',
  'royaume uni': 'GB',
  'reino unido': 'GB',
  'regno unito': 'GB',
  holland: 'NL',
  'pays bas': 'NL',
  'paises bajos': 'NL',
  'paesi bassi': 'NL',
  czechia: 'CZ',
  'czech republic': 'CZ',
  tschechien: 'CZ',
  turkey: 'TR',
  emirates: 'AE',
  uae: 'AE',
};

/** Members of the European Union. */
const union: ReadonlySet<string> = new Set(
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE'.split(' '),
);
const unionNames =
  /\b(?:eu|e\.u\.|ue|european union|europaeische\w* union|union europeenne|union europea|unione europea|europese unie)\b/;

const letters = 'A B C D E F G H I J K L M N O P Q R S T U V W X Y Z'.split(' ');
const namesByLanguage = new Map<string, ReadonlyMap<string, string>>();

/** The countries of the world by their folded names in a language. */
function namesIn(language: string): ReadonlyMap<string, string> {
  const known = namesByLanguage.get(language);
  if (known !== undefined) return known;
  const display = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
  const names = new Map<string, string>();
  for (const first of letters)
    for (const second of letters) {
      const code = first + second;
      const name = code === 'EU' || code === 'UN' || code === 'EZ' || code === 'QO' ? undefined : display.of(code);
      // `FX` was Metropolitan France, and is called as France is.
      if (name !== undefined) names.set(wordsOf(name).join(' '), new Intl.Locale(`und-${code}`).region ?? code);
    }
  for (const [name, code] of Object.entries(otherNames)) names.set(name, code);
  namesByLanguage.set(language, names);
  return names;
}

/** As many words as a country's name has, that people use. */
const maxWords = 4;

/** The countries that a text names in a language, each once. */
export function placesIn(text: string, language: string): readonly Place[] {
  const names = namesIn(language);
  const words = wordsOf(text);
  const places = new Map<string, Place>();
  for (let place = 0; place < words.length; place += 1)
    for (let length = Math.min(maxWords, words.length - place); length > 0; length -= 1) {
      const name = words.slice(place, place + length).join(' ');
      const code = names.get(name);
      // `us` is hardly ever the country, nor are other words of two letters; `9 UK` is a size.
      if (code === undefined || (name.length < 3 && (name !== 'uk' || isBesideNumber(words, place)))) continue;
      if (!places.has(code)) places.set(code, { code, name });
      break;
    }
  return [...places.values()];
}

const isBesideNumber = (words: readonly string[], place: number): boolean =>
  [words[place - 1], words[place + 1]].some((word) => word !== undefined && /^\d+$/.test(word));

export const codesOf = (places: readonly Place[]): ReadonlySet<string> => new Set(places.map(({ code }) => code));

/** The codes of the countries that a text speaks of: by their names, or as the European Union's. */
export function countriesIn(text: string, language: string): ReadonlySet<string> {
  const named = codesOf(placesIn(text, language));
  return unionNames.test(fold(text)) ? new Set([...named, ...union]) : named;
}
