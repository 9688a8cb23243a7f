import { describe, expect, it } from 'vitest';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage, minute } from './store-drafts.ts';

const tenantId = 'shop';

/** Closing and opening again. */
export function lifeContract(subject: StoreSubject): void {
  const store = () => subject.store();

  describe('its life', () => {
    it('says that it can be read and written', async () => {
      await expect(store().check()).resolves.toBeUndefined();
    });

    it('has everything when it is opened again', async () => {
      const publicIds = [{ tenantId, space: 'session', id: 's' }];
      const draft = draftConversation({ publicIds, numberedIn: 'widget', userId: 'ann' });
      const { id } = (await store().openConversation(draft)).conversation;
      const key = { tenantId, scope: 'k', key: 'once' };
      await store().appendMessage(draftMessage({ id }), { key, fingerprint: 'f', expiresAt: Date.now() + 60_000 });
      await store().appendReply(draftMessage({ id }, { role: 'assistant' }), key);
      await store().appendMessage(draftMessage({ id }, { role: 'operator' }));
      const nudge = await store().addNudge(id, { text: 'hi', createdAt: minute(1) });
      await store().ensureUser({ tenantId, userId: 'ann' });
      const page = { offset: 0, limit: 9, order: 'ascending' } as const;
      const everything = async () => ({
        conversation: await store().conversation(id),
        found: (await store().findConversation({ tenantId, space: 'widget', id: '1' }))?.id,
        list: await store().conversations({ tenantId, userId: 'ann' }, page),
        messages: await store().messages(id, page),
        inbox: await store().operatorMessagesAfter(id, 0, 9),
        once: await store().idempotencyEntry(key),
        isNewUser: await store().ensureUser({ tenantId, userId: 'ann' }),
      });
      const before = await everything();
      expect(before).toMatchObject({
        found: id,
        list: { total: 1 },
        messages: { total: 3 },
        once: { replySequence: 2 },
        isNewUser: false,
      });
      await subject.reopen();
      expect(await everything()).toEqual(before);
      expect(await store().takeNudges(id)).toEqual([nudge]);
      const next = await store().openConversation(draftConversation({ numberedIn: 'widget' }));
      expect(next.conversation.publicIds['widget']).toBe('2');
    });

    it('waits for what was asked before it closes', async () => {
      const draft = draftConversation();
      const asked = [
        store().openConversation(draft),
        ...Array.from({ length: 50 }, () => store().appendMessage(draftMessage(draft.conversation))),
      ];
      await subject.reopen();
      await Promise.all(asked);
      expect(await store().conversation(draft.conversation.id)).toMatchObject({ messageCount: 50 });
    });

    it('refuses what is asked after it closed, and closes once', async () => {
      const { id } = (await store().openConversation(draftConversation())).conversation;
      await Promise.all([store().close(), store().close()]);
      for (const call of [
        () => store().conversation(id),
        () => store().openConversation(draftConversation()),
        () => store().appendMessage(draftMessage({ id })),
        () => store().deleteConversation(id),
        () => store().takeNudges(id),
        () => store().check(),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'store-unavailable' });
      }
      await expect(store().close()).resolves.toBeUndefined();
    });
  });
}
