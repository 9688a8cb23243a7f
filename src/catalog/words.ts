import { askingWords, stopWords } from './stop-words.ts';

const germanLetters: Readonly<Record<string, string>> = {
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  ß: 'ss',
  æ: 'ae',
  ø: 'o',
  œ: 'oe',
};

/** Text in lower case without accents; German umlauts become two letters, so that `Größe` and `Groesse` are one word. */
export function fold(text: string): string {
  // Almost all text is plain: what follows costs more than the test.
  if (!/[^\0-\x7f]/.test(text)) return text.toLowerCase();
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[äöüßæøœ]/g, (letter) => germanLetters[letter] ?? letter)
    .normalize('NFD')
    .replace(/\p{M}+/gu, '');
}

/** The folded words of a text, in its order: runs of letters and digits; `don't` is one word. */
export function wordsOf(text: string): readonly string[] {
  return (
    fold(text)
      .replace(/['’]/g, '')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/**
 * Singular and plural of a folded word as one stem: `hoodies` and `hoodie`, `boxes` and `box`, `Tische` and `Tisch`. A stem is for
 * comparing, not for reading.
 */
export function stemOf(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  const isPlural = /[^suix]s$/.test(word);
  let stem = isPlural ? word.slice(0, -1) : word;
  if (stem.length > 5 && stem.endsWith('en')) return stem.slice(0, -2);
  // `cars` are not `care`.
  if (stem.endsWith('e') && (stem.length > 4 || (isPlural && /(?:x|ss|sh|ch)e$/.test(stem)))) stem = stem.slice(0, -1);
  return stem.length > 3 && stem.endsWith('y') ? `${stem.slice(0, -1)}i` : stem;
}

/** The words of a request that can name a product: without grammar and without words of asking; each once. */
export function contentWords(text: string): readonly string[] {
  const words = wordsOf(text).filter((word) => !stopWords.has(word) && !askingWords.has(word));
  return [...new Set(words)];
}
