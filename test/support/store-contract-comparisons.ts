import { describe, expect, it } from 'vitest';
import type { ComparedTurn } from '../../src/canonical/index.ts';
import { type ComparisonPage, mostComparisons, mostCounts } from '../../src/stores/migration-book.ts';
import type { StoreSubject } from './store-contract.ts';

const day = 86_400_000;
const now = Date.now();
const conversation = '0d4f6b2e-8c1a-4e97-b3d5-6a7f9e0c1b28';
const another = '1d4f6b2e-8c1a-4e97-b3d5-6a7f9e0c1b28';

const compared = (text: string, wish: Partial<ComparedTurn> = {}): Omit<ComparedTurn, 'id'> => ({
  at: new Date(now).toISOString(),
  conversationId: conversation,
  operation: 'send-message',
  dialect: 'homie',
  text,
  verdict: 'different',
  differences: [{ field: 'output.text', primary: `“\ud800” {`, candidate: ' ' }],
  primary: { status: 200, code: 'ok', ms: 3, reply: { text, items: [], suggestions: [], finishReason: 'stop' } },
  candidate: { status: 502, code: 'upstream-failed', ms: 4 },
  ...wish,
});
const page = (wish: Partial<ComparisonPage> = {}): ComparisonPage => ({
  name: 'storefront',
  mark: 'm',
  counts: {},
  comparisons: [],
  since: now - day,
  ...wish,
});
const all = { mark: 'm', since: 0, limit: mostComparisons };

/** What was compared. */
export function comparisonContract(subject: StoreSubject): void {
  const book = () => subject.store().comparisons;
  const texts = async (question: object = {}, name = 'storefront') =>
    (await book().list(name, { ...all, ...question })).map(({ text }) => text);
  const enter = (...said: readonly string[]) => book().enter(page({ comparisons: said.map((text) => compared(text)) }));

  describe('comparisons', () => {
    it('are kept as they were, the newest first, each with its id', async () => {
      expect(await texts()).toEqual([]);
      await enter('one', 'two');
      await enter('three');
      await subject.reopen();
      expect(await book().list('storefront', all)).toEqual(
        ['three', 'two', 'one'].map((text, index) => ({ ...compared(text), id: String(3 - index) })),
      );
      expect(await texts({ limit: 2 })).toEqual(['three', 'two']);
      expect(await texts({ before: 3, limit: 1 })).toEqual(['two']);
      expect(await texts({ before: 1 })).toEqual([]);
      expect(await texts({ since: now + 1 })).toEqual([]);
      expect(await texts({}, 'other')).toEqual([]);
    });

    it('are counted, by all at once, in so many names', async () => {
      const tenTimes = Array.from({ length: 10 }, () => book().enter(page({ counts: { a: 1, 'b/"c': 2 } })));
      await Promise.all(tenTimes);
      await subject.reopen();
      expect(await book().counts('storefront', 'm')).toEqual({ a: 10, 'b/"c': 20 });
      expect(await book().counts('other', 'm')).toEqual({});
      const many = Object.fromEntries(Array.from({ length: mostCounts + 10 }, (_, index) => [`n${index}`, 1]));
      await book().enter(page({ counts: many }));
      await book().enter(page({ counts: { a: 1, more: 1 } }));
      const counts = await book().counts('storefront', 'm');
      expect(Object.keys(counts)).toHaveLength(mostCounts);
      expect([counts['a'], counts['more']]).toEqual([11, undefined]);
    });

    it('begin anew under another mark, and when they are told to', async () => {
      await book().enter(page({ counts: { a: 1 }, comparisons: [compared('one')] }));
      await book().enter(page({ mark: 'n', counts: { a: 5 } }));
      expect([await book().counts('storefront', 'm'), await book().counts('storefront', 'n')]).toEqual([{}, { a: 5 }]);
      expect(await texts()).toEqual([]);
      await book().enter(page({ mark: 'n', comparisons: [compared('two')] }));
      expect([await texts({ mark: 'n' }), await texts()]).toEqual([['two'], []]);
      await book().reset('storefront');
      expect(await book().counts('storefront', 'n')).toEqual({});
      await book().enter(page({ mark: 'n', counts: { a: 1 }, comparisons: [compared('three')] }));
      expect([await texts({ mark: 'n' }), await book().counts('storefront', 'n')]).toEqual([['three'], { a: 1 }]);
      await book().reset('never heard of');
    });

    it('are gone with their conversation, in all migrations, and stay counted', async () => {
      const mine = compared('mine', { conversationId: another });
      const nobodys = compared('nobody’s');
      const { conversationId: _, ...unnamed } = nobodys;
      await book().enter(page({ counts: { a: 3 }, comparisons: [compared('one'), mine, unnamed] }));
      await book().enter(page({ name: 'other', comparisons: [compared('two'), mine] }));
      await book().forget(conversation);
      expect([await texts(), await texts({}, 'other')]).toEqual([['nobody’s', 'mine'], ['mine']]);
      expect(await book().counts('storefront', 'm')).toEqual({ a: 3 });
      await book().forget(conversation);
    });

    it('are dropped when they are old, also where nothing new comes', async () => {
      const old = compared('old', { at: new Date(now - 2 * day).toISOString() });
      await book().enter(page({ since: 0, comparisons: [old, compared('new')] }));
      expect(await texts()).toEqual(['new', 'old']);
      await book().enter(page());
      expect(await texts()).toEqual(['new']);
    });

    it('are so many at most', async () => {
      const [most, size] = [mostComparisons, 500];
      for (let from = 0; from < most + size; from += size)
        await enter(...Array.from({ length: size }, (_, index) => String(from + index)));
      const kept = await texts();
      expect([kept.length, kept[0], kept.at(-1)]).toEqual([most, String(most + size - 1), String(size)]);
    });
  });
}
