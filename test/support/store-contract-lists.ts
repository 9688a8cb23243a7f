import { describe, expect, it } from 'vitest';
import type { PageRequest } from '../../src/canonical/index.ts';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage, minute, texts } from './store-drafts.ts';

const tenantId = 'shop';
const all: PageRequest = { offset: 0, limit: 100, order: 'ascending' };

/** Pages of conversations and of messages. */
export function listContract(subject: StoreSubject): void {
  const store = () => subject.store();

  describe('a list of conversations', () => {
    async function listed(page: PageRequest, filter: { readonly tenantId: string; readonly userId?: string }) {
      const { entries, ...rest } = await store().conversations(filter, page);
      return { at: entries.map(({ createdAt }) => createdAt), ...rest };
    }

    it('is in the order of beginning, whatever the order of storing', async () => {
      for (const count of [5, 1, 4, 2, 3]) {
        await store().openConversation(draftConversation({ createdAt: minute(count) }));
      }
      const at = [1, 2, 3, 4, 5].map(minute);
      expect(await listed(all, { tenantId })).toEqual({ at, total: 5, offset: 0, limit: 100 });
      expect((await listed({ ...all, order: 'descending' }, { tenantId })).at).toEqual(at.toReversed());
    });

    it('compares times, not their text', async () => {
      const at = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.250Z', '2026-01-01T00:00:00.3Z', '2026-01-01T00:00:01Z'];
      for (const createdAt of at.toReversed()) await store().openConversation(draftConversation({ createdAt }));
      expect((await listed(all, { tenantId })).at).toEqual(at);
    });

    it('puts those of one moment in the order of their ids', async () => {
      const opened = await Promise.all(Array.from({ length: 8 }, () => store().openConversation(draftConversation())));
      const ids = opened.map(({ conversation }) => conversation.id).sort();
      const entries = async (order: PageRequest['order']) =>
        (await store().conversations({ tenantId }, { ...all, order })).entries.map(({ id }) => id);
      expect(await entries('ascending')).toEqual(ids);
      expect(await entries('descending')).toEqual(ids.toReversed());
    });

    it('is cut into pages, with the total of the whole', async () => {
      for (let count = 1; count <= 5; count += 1) {
        await store().openConversation(draftConversation({ createdAt: minute(count) }));
      }
      const page = async (offset: number, limit: number, order: PageRequest['order']) =>
        listed({ offset, limit, order }, { tenantId });
      expect(await page(1, 2, 'ascending')).toEqual({ at: [minute(2), minute(3)], total: 5, offset: 1, limit: 2 });
      expect((await page(1, 2, 'descending')).at).toEqual([minute(4), minute(3)]);
      expect((await page(4, 2, 'ascending')).at).toEqual([minute(5)]);
      expect(await page(9, 2, 'ascending')).toMatchObject({ at: [], total: 5 });
      expect(await page(0, 0, 'descending')).toMatchObject({ at: [], total: 5 });
    });

    it('holds the conversations of one tenant, or of one user of the tenant', async () => {
      const open = (tenant: string, userId?: string) =>
        store().openConversation(draftConversation({ tenantId: tenant, ...(userId !== undefined && { userId }) }));
      await Promise.all([open('a', 'ann'), open('a', 'ann'), open('a', 'bob'), open('a'), open('b', 'ann')]);
      const total = async (filter: { readonly tenantId: string; readonly userId?: string }) => {
        const page = await store().conversations(filter, all);
        expect(page.entries).toHaveLength(page.total);
        return page.total;
      };
      expect(await total({ tenantId: 'a' })).toBe(4);
      expect(await total({ tenantId: 'a', userId: 'ann' })).toBe(2);
      expect(await total({ tenantId: 'b', userId: 'ann' })).toBe(1);
      expect(await total({ tenantId: 'c' })).toBe(0);
      expect(await total({ tenantId: 'a', userId: '' })).toBe(0);
    });

    it('shows each conversation as it is now', async () => {
      const { id } = (await store().openConversation(draftConversation())).conversation;
      await store().appendMessage(draftMessage({ id }));
      await store().changeConversation(id, { title: 'Hoodies', updatedAt: minute(7) });
      const { entries } = await store().conversations({ tenantId }, all);
      expect(entries).toMatchObject([{ id, title: 'Hoodies', messageCount: 1, updatedAt: minute(7) }]);
    });
  });

  describe('a list of messages', () => {
    async function conversationOf(count: number) {
      const { conversation } = await store().openConversation(draftConversation());
      for (let number = 1; number <= count; number += 1) {
        const role = number % 3 === 0 ? 'operator' : 'visitor';
        await store().appendMessage(draftMessage(conversation, { text: String(number), role }));
      }
      return conversation.id;
    }

    it('is cut into pages, oldest or newest first', async () => {
      const id = await conversationOf(5);
      const page = async (offset: number, limit: number, order: PageRequest['order']) => {
        const { entries, total } = await store().messages(id, { offset, limit, order });
        return { texts: texts(entries), total };
      };
      expect(await page(0, 9, 'ascending')).toEqual({ texts: ['1', '2', '3', '4', '5'], total: 5 });
      expect(await page(0, 9, 'descending')).toEqual({ texts: ['5', '4', '3', '2', '1'], total: 5 });
      expect(await page(1, 2, 'ascending')).toEqual({ texts: ['2', '3'], total: 5 });
      expect(await page(1, 2, 'descending')).toEqual({ texts: ['4', '3'], total: 5 });
      expect(await page(4, 2, 'descending')).toEqual({ texts: ['1'], total: 5 });
      for (const order of ['ascending', 'descending'] as const) {
        expect(await page(5, 2, order)).toEqual({ texts: [], total: 5 });
        expect(await page(0, 0, order)).toEqual({ texts: [], total: 5 });
      }
    });

    it('is empty for a conversation in which nobody spoke', async () => {
      const id = await conversationOf(0);
      expect(await store().messages(id, all)).toEqual({ entries: [], total: 0, offset: 0, limit: 100 });
      expect(await store().messagesAfter(id, 0, 5)).toEqual([]);
      expect(await store().latestMessages(id, 5)).toEqual([]);
    });

    it('can be what comes after a message, oldest first', async () => {
      const id = await conversationOf(5);
      expect(texts(await store().messagesAfter(id, 0, 2))).toEqual(['1', '2']);
      expect(texts(await store().messagesAfter(id, 3, 9))).toEqual(['4', '5']);
      expect(await store().messagesAfter(id, 5, 9)).toEqual([]);
      expect(await store().messagesAfter(id, 1, 0)).toEqual([]);
    });

    it('can be what operators said after a message, oldest first', async () => {
      const id = await conversationOf(10);
      expect(texts(await store().operatorMessagesAfter(id, 0, 9))).toEqual(['3', '6', '9']);
      expect(texts(await store().operatorMessagesAfter(id, 3, 1))).toEqual(['6']);
      expect(texts(await store().operatorMessagesAfter(id, 8, 9))).toEqual(['9']);
      expect(await store().operatorMessagesAfter(id, 9, 9)).toEqual([]);
      expect(await store().operatorMessagesAfter(id, 0, 0)).toEqual([]);
      expect(await store().operatorMessagesAfter(await conversationOf(2), 0, 9)).toEqual([]);
    });

    it('can be the newest, oldest first', async () => {
      const id = await conversationOf(5);
      expect(texts(await store().latestMessages(id, 2))).toEqual(['4', '5']);
      expect(texts(await store().latestMessages(id, 9))).toEqual(['1', '2', '3', '4', '5']);
      expect(await store().latestMessages(id, 0)).toEqual([]);
    });
  });
}
