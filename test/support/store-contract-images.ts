import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { defined } from '../../src/canonical/index.ts';
import type { ImageEntry } from '../../src/stores/image-book.ts';
import { inventUploadName } from '../../src/stores/images.ts';
import type { StoreSubject } from './store-contract.ts';

const wide = { session: 1_000_000, site: 1_000_000, total: 1_000_000 };

function entryOf(wish: Partial<ImageEntry> = {}): ImageEntry {
  return { name: inventUploadName('image/png'), bytes: 100, enteredAt: 1_000, session: 'ann', site: 'shop', ...wish };
}

/** What is known of images. */
export function imageContract(subject: StoreSubject): void {
  const book = () => subject.store().images;
  const entered = async (wish: Partial<ImageEntry> = {}) => {
    const entry = entryOf(wish);
    expect(await book().enter(entry, wide)).toBeUndefined();
    return entry;
  };
  const known = async () => {
    const entries: ImageEntry[] = [];
    for await (const some of book().all()) entries.push(...some);
    return entries.sort((one, other) => one.name.localeCompare(other.name));
  };

  describe('an image', () => {
    it('stands in the book until it is struck, also for who opens it anew', async () => {
      const [one, other] = [await entered(), await entered({ conversationId: randomUUID() })];
      await subject.reopen();
      expect(await book().find(one.name)).toEqual(one);
      expect(await known()).toEqual([one, other].sort((a, b) => a.name.localeCompare(b.name)));
      await book().strike(one.name);
      await book().strike(one.name);
      expect(await book().find(one.name)).toBeUndefined();
      expect(await known()).toEqual([other]);
      expect(await book().ofConversation(other.conversationId ?? '')).toEqual([other.name]);
      await book().strike(other.name);
      expect(await book().ofConversation(other.conversationId ?? '')).toEqual([]);
    });

    it.each([
      ['session', { session: 250, site: 9_999, total: 9_999 }, { session: 'bob' }],
      ['site', { session: 9_999, site: 250, total: 9_999 }, { site: 'other' }],
      ['total', { session: 9_999, site: 9_999, total: 250 }, undefined],
    ] as const)('takes room of a quota, and gives it back: %s', async (name, quota, elsewhere) => {
      const enter = (wish: Partial<ImageEntry> = {}) => book().enter(entryOf(wish), quota);
      const one = entryOf();
      await book().enter(one, quota);
      await subject.reopen();
      expect(await Promise.all([enter(), enter(), enter()])).toEqual([undefined, name, name]);
      if (elsewhere !== undefined) expect(await enter(elsewhere)).toBeUndefined();
      await book().strike(one.name);
      await book().strike(one.name);
      expect([await enter(), await enter()]).toEqual([undefined, name]);
    });

    it('belongs to the conversation whose message shows it first, whoever shows it later', async () => {
      const [first, second] = [randomUUID(), randomUUID()];
      const { name } = await entered({ conversationId: second });
      await book().show(name, { conversationId: first, at: 2_000 });
      await book().show(name, { conversationId: second, at: 9_000 });
      expect(await book().ofConversation(first)).toEqual([name]);
      expect(await book().ofConversation(second)).toEqual([]);
      await book().show(name, { conversationId: first, at: 3_000 });
      await book().show(name, { conversationId: first, at: 2_500 });
      expect(await book().find(name)).toMatchObject({ conversationId: first, shownAt: 3_000 });
      await book().show(inventUploadName('image/png'), { conversationId: first, at: 1 });
      expect(await book().ofConversation(first)).toEqual([name]);
    });

    it('is condemned only as it was looked at, and not shown any more then', async () => {
      const entry = await entered();
      await book().show(entry.name, { conversationId: randomUUID(), at: 2_000 });
      expect(await book().condemn(entry)).toBe(false);
      const now = await book().find(entry.name);
      expect(now && (await book().condemn(now))).toBe(true);
      await book().show(entry.name, { conversationId: randomUUID(), at: 3_000 });
      expect(await book().find(entry.name)).toEqual({ ...now, isCondemned: true });
      expect(await book().condemn(defined({ ...entry, name: inventUploadName('image/png') }))).toBe(false);
    });

    it('is told among many, each once', async () => {
      const entries = await Promise.all(Array.from({ length: 450 }, () => entered({ bytes: 1 })));
      const names = (await known()).map(({ name }) => name);
      expect(new Set(names)).toEqual(new Set(entries.map(({ name }) => name)));
    });
  });
}
