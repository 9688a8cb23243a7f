import { describe, expect, it } from 'vitest';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, minute } from './store-drafts.ts';

/** Users and nudges. */
export function peopleContract(subject: StoreSubject): void {
  const store = () => subject.store();

  describe('a user', () => {
    it('becomes known once, to one tenant', async () => {
      const ann = { tenantId: 'a', userId: 'ann' };
      const answers = await Promise.all(Array.from({ length: 10 }, () => store().ensureUser(ann)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store().ensureUser(ann)).toBe(false);
      expect(await store().ensureUser({ ...ann, tenantId: 'b' })).toBe(true);
    });

    it.each(['', '\0', '\ud83d', 'x'.repeat(1000)])('can have any name: %j', async (userId) => {
      expect(await store().ensureUser({ tenantId: 'a', userId })).toBe(true);
      expect(await store().ensureUser({ tenantId: 'a', userId: '\ufffd' })).toBe(true);
      expect(await store().ensureUser({ tenantId: 'a', userId })).toBe(false);
    });
  });

  describe('nudges', () => {
    const open = async () => (await store().openConversation(draftConversation())).conversation.id;

    it('wait, oldest first, and are given out once', async () => {
      const id = await open();
      expect(await store().takeNudges(id)).toEqual([]);
      const first = await store().addNudge(id, { text: 'one', createdAt: minute(1) });
      const second = await store().addNudge(id, { text: 'two', createdAt: minute(2) });
      expect(first).toEqual({ id: 1, text: 'one', createdAt: minute(1) });
      expect(await Promise.all([store().takeNudges(id), store().takeNudges(id)])).toEqual([[first, second], []]);
    });

    it('are numbered from 1 in each conversation, and no number comes twice', async () => {
      const [one, other] = [await open(), await open()];
      const add = async (id: string) => (await store().addNudge(id, { text: 'hi', createdAt: minute(1) })).id;
      expect(await Promise.all([add(one), add(one), add(other)])).toEqual([1, 2, 1]);
      await store().takeNudges(one);
      expect([await add(one), await add(other)]).toEqual([3, 2]);
    });

    it('are taken in the order of the calls', async () => {
      const id = await open();
      const add = (text: string) => store().addNudge(id, { text, createdAt: minute(1) });
      const [, taken] = await Promise.all([add('before'), store().takeNudges(id), add('after')]);
      expect(taken.map(({ text }) => text)).toEqual(['before']);
      expect((await store().takeNudges(id)).map(({ text }) => text)).toEqual(['after']);
    });
  });
}
