import { setImmediate } from 'node:timers/promises';
import { createNumbers, type Numbers, requireMemory, sharedBytes, sharedNumbers } from './numbers.ts';
import { type PackedTerms, packTerms } from './terms.ts';

/**
 * Which documents have which words in which of their fields, and how often, in memory that threads share. A list is of one word in one
 * field; its documents are in order.
 */
export interface PackedPostings {
  readonly terms: PackedTerms;
  readonly fields: number;
  /** For each word its first list, and how many lists there are; those of a word are in the order of fields. */
  readonly firstLists: Uint32Array;
  readonly fieldOfList: Uint8Array;
  /** Where each list begins, and where the last one ends. */
  readonly starts: Uint32Array;
  readonly documents: Uint32Array;
  /** How often, up to 255. */
  readonly counts: Uint8Array;
  /** How many different words each field of each document has, up to 255. */
  readonly lengths: Uint8Array;
  /** How many it has in all documents. */
  readonly totals: readonly number[];
}

export interface PostingsWriter {
  /** The number of a word: always the same for the same one. */
  termOf(word: string): number;
  /** The next field of the document; each has all of them, in order. -1 stands for no word. */
  addField(terms: readonly number[]): void;
  /** The work of a moment at a time. */
  pack(): Promise<PackedPostings>;
}

const most = 255;

/** What packing takes at most for each word that was found, and for each of those that differ in each field. */
const bytesOfWord = 5;
const bytesOfSlot = 17;

/** Gathers the words of documents with so many fields each. */
export function createPostingsWriter(fields: number): PostingsWriter {
  const numbers = new Map<string, number>();
  /** The words of all fields one after another, and how many each field has. */
  const found = createNumbers();
  const sizes = createNumbers();
  return {
    termOf(word) {
      const known = numbers.get(word);
      if (known !== undefined) return known;
      numbers.set(word, numbers.size);
      return numbers.size - 1;
    },
    addField(terms) {
      const before = found.length;
      for (const term of terms) if (term !== -1) found.push(term);
      sizes.push(found.length - before);
    },
    async pack() {
      const words = [...numbers.keys()];
      requireMemory(found.length * bytesOfWord + words.length * fields * bytesOfSlot);
      const order = Uint32Array.from(words.keys()).sort((a, b) => ((words[a] ?? '') < (words[b] ?? '') ? -1 : 1));
      await setImmediate();
      const terms = packTerms(Array.from(order, (term) => words[term] ?? ''));
      const visit = createVisit({ fields, sizes, found, slots: words.length * fields });
      const lengths = sharedBytes(sizes.length);
      const totals = new Array<number>(fields).fill(0);
      const ends = new Uint32Array(words.length * fields);
      await visit(({ slot, place, isNew }) => {
        if (!isNew) return;
        ends[slot] = (ends[slot] ?? 0) + 1;
        lengths[place] = Math.min(most, (lengths[place] ?? 0) + 1);
        totals[place % fields] = (totals[place % fields] ?? 0) + 1;
      });
      const lists = layOut({ order, ends, fields });
      const length = lists.starts.at(-1) ?? 0;
      const documents = sharedNumbers(length);
      const counts = sharedBytes(length);
      await visit(({ slot, place, isNew }) => {
        const at = (ends[slot] ?? 0) - (isNew ? 0 : 1);
        documents[at] = Math.floor(place / fields);
        counts[at] = Math.min(most, (counts[at] ?? 0) + 1);
        ends[slot] = at + 1;
      });
      return { terms, fields, ...lists, documents, counts, lengths, totals };
    },
  };
}

interface Found {
  readonly fields: number;
  readonly sizes: Numbers;
  readonly found: Numbers;
  /** A slot is a word's in a field. */
  readonly slots: number;
}

/** One word of a field, which is the one at a place; new where the field did not have it before. */
interface Occurrence {
  slot: number;
  place: number;
  isNew: boolean;
}

/** As many fields at a time. */
const perTurn = 8_192;

/** Walks through all that was found. What is told holds until the next is. */
function createVisit({ fields, sizes, found, slots }: Found) {
  return async (see: (occurrence: Readonly<Occurrence>) => void): Promise<void> => {
    const lastPlace = new Uint32Array(slots);
    const occurrence = { slot: 0, place: 0, isNew: false };
    let at = 0;
    for (let place = 0; place < sizes.length; place += 1) {
      for (const end = at + sizes.at(place); at < end; at += 1) {
        const slot = found.at(at) * fields + (place % fields);
        occurrence.slot = slot;
        occurrence.place = place;
        occurrence.isNew = lastPlace[slot] !== place + 1;
        lastPlace[slot] = place + 1;
        see(occurrence);
      }
      if (place % perTurn === 0) await setImmediate();
    }
  };
}

/** Gives each list its place, in the order of words: `ends` has how long they are, and then where they begin. */
function layOut({
  order,
  ends,
  fields,
}: {
  readonly order: Uint32Array;
  readonly ends: Uint32Array;
  readonly fields: number;
}) {
  const listCount = ends.reduce((sum, length) => sum + (length > 0 ? 1 : 0), 0);
  const firstLists = sharedNumbers(order.length + 1);
  const fieldOfList = sharedBytes(listCount);
  const starts = sharedNumbers(listCount + 1);
  let list = 0;
  let at = 0;
  for (const [place, term] of order.entries()) {
    firstLists[place] = list;
    for (let field = 0; field < fields; field += 1) {
      const slot = term * fields + field;
      const length = ends[slot] ?? 0;
      if (length === 0) continue;
      fieldOfList[list] = field;
      starts[list] = at;
      ends[slot] = at;
      list += 1;
      at += length;
    }
  }
  firstLists[order.length] = list;
  starts[list] = at;
  return { firstLists, fieldOfList, starts };
}

/** In how many fields of documents a word stands. */
export function frequencyOf({ firstLists, starts }: PackedPostings, term: number): number {
  return (starts[firstLists[term + 1] ?? 0] ?? 0) - (starts[firstLists[term] ?? 0] ?? 0);
}

/** How many documents all words are of. */
export const countDocuments = ({ lengths, fields }: PackedPostings): number => lengths.length / fields;

export interface Marking {
  readonly term: number;
  readonly isIn: (field: number) => boolean;
}

/** Marks the documents that have a word in one of some fields; none for a word that is not there, -1. */
export function markDocuments(marks: Uint8Array, postings: PackedPostings, { term, isIn }: Marking): void {
  const { firstLists, fieldOfList, starts, documents } = postings;
  for (let list = firstLists[term] ?? 0; list < (firstLists[term + 1] ?? 0); list += 1) {
    if (term < 0 || !isIn(fieldOfList[list] ?? 0)) continue;
    for (let at = starts[list] ?? 0; at < (starts[list + 1] ?? 0); at += 1) marks[documents[at] ?? 0] = 1;
  }
}
