import { wordsOf } from './words.ts';

const apostrophe = 39;

/** For each plain letter and digit what it is in lower case; 0 for what stands between words. */
const plainLetters = Uint8Array.from({ length: 128 }, (_, unit) => {
  const letter = String.fromCharCode(unit).toLowerCase();
  return /[a-z0-9]/.test(letter) ? letter.charCodeAt(0) : 0;
});

/**
 * Reads the words of texts as `wordsOf` does, and gives what each means: a number that is asked for once, when the word is first met.
 * Most words of most texts were met before, and no text is made of those.
 */
export function createWordReader(meaningOf: (word: string) => number): (text: string) => readonly number[] {
  const meaningIn = createMemory(meaningOf);
  let word = new Uint16Array(256);
  /** Of text without accents; `undefined` for any other. */
  const readPlain = (text: string): number[] | undefined => {
    const found: number[] = [];
    let length = 0;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit >= plainLetters.length) return undefined;
      const letter = plainLetters[unit] ?? 0;
      if (letter !== 0) {
        word[length] = letter;
        length += 1;
      } else if (length > 0 && unit !== apostrophe) {
        found.push(meaningIn(word, length));
        length = 0;
      }
    }
    if (length > 0) found.push(meaningIn(word, length));
    return found;
  };
  const readWord = (each: string): number => {
    if (each.length > word.length) word = new Uint16Array(each.length);
    for (let at = 0; at < each.length; at += 1) word[at] = each.charCodeAt(at);
    return meaningIn(word, each.length);
  };
  return (text) => {
    if (text.length > word.length) word = new Uint16Array(text.length);
    return readPlain(text) ?? wordsOf(text).map(readWord);
  };
}

/** What each word means, by its first so many letters in a list of them. */
function createMemory(meaningOf: (word: string) => number): (letters: Uint16Array, length: number) => number {
  /** For each slot a word's number, plus one; 0 where it is free. There are a power of two of them. */
  let slots = new Uint32Array(2_048);
  let letters = new Uint16Array(8_192);
  /** Where the letters of each word begin, and where those of the last one end. */
  const starts = [0];
  const hashes: number[] = [];
  const meanings: number[] = [];
  const slotOf = (hash: number, isIt: (number: number) => boolean): number => {
    let slot = (hash ^ (hash >>> 15)) & (slots.length - 1);
    for (let number = slots[slot] ?? 0; number !== 0 && !isIt(number - 1); number = slots[slot] ?? 0)
      slot = (slot + 1) & (slots.length - 1);
    return slot;
  };
  const grow = (): void => {
    slots = new Uint32Array(slots.length * 2);
    for (const [number, hash] of hashes.entries()) slots[slotOf(hash, () => false)] = number + 1;
  };
  const add = (word: Uint16Array, length: number, hash: number): number => {
    const from = starts.at(-1) ?? 0;
    if (from + length > letters.length) {
      const more = new Uint16Array((from + length) * 2);
      more.set(letters);
      letters = more;
    }
    letters.set(word.subarray(0, length), from);
    const meaning = meaningOf(String.fromCharCode(...word.subarray(0, length)));
    starts.push(from + length);
    hashes.push(hash);
    meanings.push(meaning);
    return meaning;
  };
  return (word, length) => {
    const hash = hashOf(word, length);
    const slot = slotOf(hash, (number) => {
      if (hashes[number] !== hash) return false;
      const from = starts[number] ?? 0;
      if ((starts[number + 1] ?? 0) - from !== length) return false;
      for (let at = 0; at < length; at += 1) if (letters[from + at] !== word[at]) return false;
      return true;
    });
    const known = slots[slot] ?? 0;
    if (known !== 0) return meanings[known - 1] ?? -1;
    slots[slot] = meanings.length + 1;
    const meaning = add(word, length, hash);
    if (meanings.length * 2 > slots.length) grow();
    return meaning;
  };
}

/** A multiplicative hash, as FNV is one. */
function hashOf(word: Uint16Array, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < length; at += 1) hash = Math.imul(hash ^ (word[at] ?? 0), 0x01000193);
  return hash;
}
