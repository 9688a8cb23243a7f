import { describe, expect, it } from 'vitest';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage, minute } from './store-drafts.ts';

const space = 'widget';
const tenantId = 'shop';

/** Deleting conversations. */
export function deletionContract(subject: StoreSubject): void {
  const store = () => subject.store();

  describe('deleting a conversation', () => {
    it('removes it from everywhere, once', async () => {
      const publicIds = [{ tenantId, space: 'session', id: 's' }];
      const draft = draftConversation({ publicIds, numberedIn: space, userId: 'ann' });
      const { id } = (await store().openConversation(draft)).conversation;
      const key = { tenantId, scope: 'k', key: 'once' };
      await store().appendMessage(draftMessage({ id }), { key, fingerprint: 'f', expiresAt: Date.now() + 60_000 });
      await store().addNudge(id, { text: 'hi', createdAt: minute(1) });
      expect(await Promise.all([store().deleteConversation(id), store().deleteConversation(id)])).toEqual([
        true,
        false,
      ]);

      expect(await store().conversation(id)).toBeUndefined();
      expect(await store().findConversation({ tenantId, space: 'session', id: 's' })).toBeUndefined();
      expect(await store().findConversation({ tenantId, space, id: '1' })).toBeUndefined();
      expect(await store().message(id, 1)).toBeUndefined();
      expect(await store().idempotencyEntry(key)).toBeUndefined();
      const page = { offset: 0, limit: 5, order: 'ascending' as const };
      for (const filter of [{ tenantId }, { tenantId, userId: 'ann' }]) {
        expect(await store().conversations(filter, page)).toMatchObject({ entries: [], total: 0 });
      }
      await expect(store().takeNudges(id)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('leaves nothing behind that a new one would show', async () => {
      const draft = draftConversation({ publicIds: [{ tenantId, space, id: 'mine' }] });
      const { id } = draft.conversation;
      await store().openConversation(draft);
      const key = { tenantId, scope: 'k', key: 'once' };
      const once = { key, fingerprint: 'f', expiresAt: Date.now() + 60_000 };
      await store().appendMessage(draftMessage({ id }), once);
      await store().appendReply(draftMessage({ id }, { role: 'assistant' }), key);
      await store().appendMessage(draftMessage({ id }, { role: 'operator' }));
      await store().addNudge(id, { text: 'hi', createdAt: minute(1) });
      await store().deleteConversation(id);

      expect(await store().openConversation(draft)).toMatchObject({ created: true });
      expect(await store().operatorMessagesAfter(id, 0, 5)).toEqual([]);
      expect(await store().messagesAfter(id, 0, 5)).toEqual([]);
      expect(await store().takeNudges(id)).toEqual([]);
      expect(await store().addNudge(id, { text: 'hi', createdAt: minute(1) })).toMatchObject({ id: 1 });
      expect(await store().appendMessage(draftMessage({ id }), once)).toMatchObject({ message: { sequence: 1 } });
      expect(await store().idempotencyEntry(key)).not.toHaveProperty('replySequence');
    });

    it('leaves other conversations alone, and does not give their numbers again', async () => {
      const open = () => store().openConversation(draftConversation({ userId: 'ann', numberedIn: space }));
      const gone = (await open()).conversation;
      const kept = (await open()).conversation;
      await store().appendMessage(draftMessage(kept));
      await store().deleteConversation(gone.id);
      const list = await store().conversations(
        { tenantId, userId: 'ann' },
        { offset: 0, limit: 5, order: 'ascending' },
      );
      expect(list).toMatchObject({ entries: [{ id: kept.id, messageCount: 1 }], total: 1 });
      expect((await open()).conversation.publicIds[space]).toBe('3');
    });

    it('ends with a long conversation wholly gone, and others served meanwhile', async () => {
      const { id } = (await store().openConversation(draftConversation())).conversation;
      await Promise.all(Array.from({ length: 2500 }, () => store().appendMessage(draftMessage({ id }))));
      const deletion = store().deleteConversation(id);
      const other = (await store().openConversation(draftConversation())).conversation;
      await store().appendMessage(draftMessage(other));
      expect(await deletion).toBe(true);
      await store().openConversation(draftConversation({ id }));
      expect(await store().messagesAfter(id, 0, 5000)).toEqual([]);
      await store().appendMessage(draftMessage({ id }));
      expect((await store().messages(id, { offset: 0, limit: 5, order: 'ascending' })).total).toBe(1);
    });
  });
}
