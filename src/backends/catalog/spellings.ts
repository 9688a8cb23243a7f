import { type Knows, knownWord } from './facts.ts';
import { splitNoun } from './language/concepts.ts';
import type { Request } from './request.ts';

/** What is a unit beside a number, in any of the languages. */
const unit = /^(?:gb|tb|mb|kb|mm|cm|km|m|kg|g|mg|ml|cl|l|w|kw|v|a|mah|wh|hz|khz|mhz|ghz|mp|dpi|inch|zoll)$/;

/** Other ways to write a word that the catalogue may have: `16gb` as `16 gb`, `Winterjacke` as `winter jacke`. */
function otherSpelling(word: string, joinsNouns: boolean): readonly string[] {
  const [, amount, of = ''] = /^(\d+)([a-z]+)$/.exec(word) ?? [];
  if (amount !== undefined) return unit.test(of) ? [amount, of] : [];
  return joinsNouns ? splitNoun(word) : [];
}

/** All spellings of a message's words, for the catalogue to tell which it has. */
export function spellingsOf({ words, joinsNouns }: Request): readonly string[] {
  const joined = words
    .map((word, place) => `${word}${words[place + 1] ?? ''}`)
    .filter((word) => /^\d+[a-z]+$/.test(word));
  return [...words.flatMap((word) => otherSpelling(word, joinsNouns)), ...joined];
}

/** A message in the spelling of the catalogue. A word that it has in none stays as it was typed. */
export function inKnownSpelling(request: Request, knows: Knows): Request {
  const typed = new Map<string, string>();
  const words: string[] = [];
  const isKnown = (word: string): boolean => knownWord(word, { knows }) !== undefined;
  for (let place = 0; place < request.words.length; place += 1) {
    const word = request.words[place] ?? '';
    const next = request.words[place + 1] ?? '';
    if (/^\d+$/.test(word) && unit.test(next) && !isKnown(next) && knows(word + next)) {
      words.push(word + next);
      typed.set(word + next, word);
      place += 1;
      continue;
    }
    const parts = isKnown(word) ? [] : otherSpelling(word, request.joinsNouns);
    const isOther = isKnown(parts.at(-1) ?? '');
    for (const part of isOther ? parts : [word]) words.push(part);
    if (isOther) for (const part of parts) typed.set(part, word);
  }
  return typed.size === 0 ? request : { ...request, words: [...new Set(words)], typed };
}
