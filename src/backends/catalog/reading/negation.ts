import { wordsOf } from '../../../catalog/index.ts';
import type { Cues } from '../language/index.ts';

export interface Negation {
  /** What is not wanted, a group for each: a product that has all words of a group is left out. */
  readonly without: readonly (readonly string[])[];
  /** What is not wanted either, and is more than can be left out: it is told so. */
  readonly overlooked: readonly string[];
  /** The text without what was said of that. */
  readonly rest: string;
}

/** No more is left out: as many words to one thing, and as many things. */
const maxWords = 3;
const maxGroups = 20;

/**
 * Reads what is not wanted: the words after `not`, `ohne`, `sans`, up to a word of grammar, a comma or a `but`. A text that names
 * nothing else is about what is there: `no polyester shirts` asks for shirts.
 */
export function readNegation(
  text: string,
  cues: Pick<Cues, 'negators' | 'joins'>,
  isContent: (word: string) => boolean,
): Negation {
  const tokens = text.match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*|[,.;:!?]/gu) ?? [];
  const without: string[][] = [];
  const kept: string[] = [];
  let place = 0;
  const word = (at: number): string => tokens[at] ?? '';
  while (place < tokens.length) {
    const length = cues.negators.find((negator) => negator.every((part, at) => word(place + at) === part))?.length;
    if (length === undefined) {
      kept.push(word(place));
      place += 1;
      continue;
    }
    place += length;
    const start = place;
    // Articles and prepositions between a `not` and its word.
    while (place - start < maxWords && /^[\p{L}]/u.test(word(place)) && !isContent(word(place))) place += 1;
    const group: string[] = [];
    const close = (): void => {
      if (group.length > 0) without.push(group.splice(0));
    };
    while (place < tokens.length && group.length < maxWords) {
      if (isContent(word(place)) && !/^\d/.test(word(place)))
        group.push(word(place).includes('-') ? word(place) : (wordsOf(word(place))[0] ?? ''));
      else if (cues.joins.has(word(place)) && isContent(word(place + 1)) && group.length > 0) close();
      else break;
      place += 1;
    }
    if (group.length === 0) kept.push(...tokens.slice(start, place));
    close();
    kept.push(',');
  }
  const last = without.at(-1);
  if (last !== undefined && last.length > 1 && !kept.some(isContent)) kept.push(...last.splice(1));
  const groups = [...new Map(without.map((group) => [group.join(' '), group])).values()];
  return {
    without: groups.slice(0, maxGroups),
    overlooked: groups.slice(maxGroups).map((group) => group.join(' ')),
    rest: without.length === 0 ? text : kept.join(' '),
  };
}
