import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearWords } from '../../../src/catalog/near-words.ts';
import { createKeyWriter, findKey } from '../../../src/catalog/packed/keys.ts';
import { createNumbers } from '../../../src/catalog/packed/numbers.ts';
import { createPostingsWriter, frequencyOf } from '../../../src/catalog/packed/postings.ts';
import { createRowWriter, readRows } from '../../../src/catalog/packed/rows.ts';
import { findTerm, packTerms, termAt } from '../../../src/catalog/packed/terms.ts';
import { editDistance } from '../../../src/catalog/spelling.ts';
import { topOf } from '../../../src/catalog/top.ts';
import { createWordReader } from '../../../src/catalog/word-reader.ts';
import { wordsOf } from '../../../src/catalog/words.ts';

const inOrder = (words: readonly string[]) => [...new Set(words)].toSorted((a, b) => (a < b ? -1 : 1));

describe('what is packed is found again', () => {
  it('numbers, as many as there are', () => {
    const numbers = createNumbers();
    for (let number = 0; number < 50_000; number += 1) numbers.push(number * 3);
    numbers.set(40_000, 7);
    expect([numbers.length, numbers.at(0), numbers.at(40_000), numbers.at(49_999)]).toEqual([50_000, 0, 7, 149_997]);
    expect(numbers.share().subarray(39_999, 40_002)).toEqual(Uint32Array.of(119_997, 7, 120_003));
  });

  it('values, whatever letters they have and however long they are', () => {
    const values = fc.array(fc.record({ text: fc.string({ unit: 'binary' }), long: fc.nat(60_000) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(values, (drawn) => {
        const writer = createRowWriter<object>();
        const rows = drawn.map(({ text, long }) => ({ text, more: '€'.repeat(long) }));
        const places = rows.map((row) => writer.write(row));
        const read = readRows(writer.pack());
        expect(places.map((place) => read(place))).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });

  it('keys, the last value of each, and no other', () => {
    const entries = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.nat(0xffff_fffe)), { maxLength: 2_000 });
    fc.assert(
      fc.property(entries, fc.string(), (drawn, other) => {
        const writer = createKeyWriter();
        const known = new Map(drawn);
        for (const [key, value] of drawn) writer.set(key, value);
        const keys = writer.pack();
        for (const [key, value] of known) expect(findKey(keys, key)).toBe(value);
        expect(findKey(keys, other)).toBe(known.get(other));
      }),
      { numRuns: 50 },
    );
  });

  it('keys that are like one another', () => {
    const writer = createKeyWriter();
    const keyOf = (number: number) => `SKU-${String(number).padStart(7, '0')}`;
    for (let number = 0; number < 200_000; number += 1) writer.set(keyOf(number), number);
    const keys = writer.pack();
    const wrong = Array.from({ length: 400_000 }, (_, number) => number).filter(
      (number) => findKey(keys, keyOf(number)) !== (number < 200_000 ? number : undefined),
    );
    expect(wrong).toEqual([]);
  });

  it('words, by their places', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.string(), (drawn, other) => {
        const words = inOrder(drawn);
        const terms = packTerms(words);
        expect(words.map((word) => termAt(terms, findTerm(terms, word)))).toEqual(words);
        expect(findTerm(terms, other)).toBe(words.indexOf(other));
      }),
    );
  });

  it('which documents have a word in which field, and how often', async () => {
    const writer = createPostingsWriter(2);
    const read = (text: string) => wordsOf(text).map(writer.termOf);
    for (const [first, second] of [
      ['red red jar', ''],
      ['', 'red'],
      ['blue', 'red blue'],
    ]) {
      writer.addField(read(first ?? ''));
      writer.addField([...read(second ?? ''), -1]);
    }
    const { terms, firstLists, fieldOfList, starts, documents, counts, lengths, totals, ...rest } = await writer.pack();
    const listsOf = (word: string) => {
      const term = findTerm(terms, word);
      return Array.from({ length: (firstLists[term + 1] ?? 0) - (firstLists[term] ?? 0) }, (_, place) => {
        const list = (firstLists[term] ?? 0) + place;
        const [from, to] = [starts[list] ?? 0, starts[list + 1] ?? 0];
        return [fieldOfList[list], [...documents.subarray(from, to)], [...counts.subarray(from, to)]];
      });
    };
    expect(listsOf('red')).toEqual([
      [0, [0], [2]],
      [1, [1, 2], [1, 1]],
    ]);
    expect(listsOf('blue')).toEqual([
      [0, [2], [1]],
      [1, [2], [1]],
    ]);
    expect([[...lengths], totals]).toEqual([
      [2, 0, 0, 1, 1, 2],
      [3, 3],
    ]);
    const all = { terms, firstLists, fieldOfList, starts, documents, counts, lengths, totals, ...rest };
    expect(frequencyOf(all, findTerm(terms, 'red'))).toBe(3);
  });
});

describe('the words of a text', () => {
  it('are read by number as they are read as text', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.lorem(),
      fc.constantFrom("Don't", 'Größe 158 cm', 'ﬁ ½ İ'),
    );
    fc.assert(
      fc.property(fc.array(texts), (drawn) => {
        const words: string[] = [];
        const read = createWordReader((word) => words.push(word) - 1);
        for (const text of drawn) expect(read(text).map((number) => words[number])).toEqual(wordsOf(text));
        expect(new Set(words).size).toBe(words.length);
      }),
    );
  });

  it('are asked for once, however many there are', () => {
    const words: string[] = [];
    const read = createWordReader((word) => words.push(word));
    const text = Array.from({ length: 20_000 }, (_, number) => `w${number}`).join(' ');
    expect(read(text)).toEqual(read(text));
    expect(words).toHaveLength(20_000);
  });
});

describe('words that are near to another one', () => {
  it('are those that a comparison with each of them finds', () => {
    const letters = ['a', 'a', 'b', 'c', 'ö', '1'];
    const word = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 200 }),
        word,
        fc.integer({ min: 1, max: 2 }),
        (drawn, stem, tolerance) => {
          const words = inOrder(drawn);
          const expected = words.flatMap((each, term) => {
            const distance = editDistance(each, stem);
            return each.startsWith('a') && !/\d/.test(each) && distance <= tolerance ? [{ term, distance }] : [];
          });
          expect(nearWords(packTerms(words), { stem, tolerance, beginning: 'a' })).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the first of many', () => {
  it('are those that stand first when all are put in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.nat(20), (ranks, limit) => {
        const isBefore = (a: number, b: number) =>
          (ranks[a] ?? 0) > (ranks[b] ?? 0) || (ranks[a] === ranks[b] && a < b);
        const all = [...ranks.keys()];
        expect(topOf(all, limit, isBefore)).toEqual(all.toSorted((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, limit));
      }),
    );
  });
});
