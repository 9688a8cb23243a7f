import { describe, expect, it } from 'vitest';
import type { IdempotencyKey } from '../../src/stores/store.ts';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage } from './store-drafts.ts';

const later = () => Date.now() + 3_600_000;
const key: IdempotencyKey = { tenantId: 'shop', scope: 'storefront', key: 'm_1' };

/** Asking once. */
export function onceContract(subject: StoreSubject): void {
  const store = () => subject.store();
  const open = async () => (await store().openConversation(draftConversation())).conversation;

  describe('an idempotency key', () => {
    it('stands for the message that was stored with it', async () => {
      const conversation = await open();
      const message = draftMessage(conversation);
      const expiresAt = later();
      expect(await store().idempotencyEntry(key)).toBeUndefined();
      expect(await store().appendMessage(message, { key, fingerprint: 'f', expiresAt })).toMatchObject({
        message: { sequence: 1 },
      });
      expect(await store().idempotencyEntry(key)).toEqual({
        conversationId: conversation.id,
        messageId: message.id,
        fingerprint: 'f',
        expiresAt,
      });
    });

    it('stands for the first message of a conversation that is begun with it', async () => {
      const draft = draftConversation();
      const message = draftMessage(draft.conversation);
      const once = { key, fingerprint: 'f', expiresAt: later() };
      const begun = await store().beginConversation(draft, message, once);
      expect(begun).toMatchObject({ conversation: { messageCount: 0 }, message: { id: message.id, sequence: 1 } });
      expect(await store().conversation(draft.conversation.id)).toMatchObject({ messageCount: 1 });
      const entry = await store().idempotencyEntry(key);
      expect(entry).toMatchObject({ conversationId: draft.conversation.id, messageId: message.id });
      const other = draftConversation();
      const again = await store().beginConversation(other, draftMessage(other.conversation), once);
      expect(again).toEqual({ taken: entry });
      expect(await store().conversation(other.conversation.id)).toBeUndefined();
    });

    it('stores nothing a second time', async () => {
      const conversation = await open();
      await store().appendMessage(draftMessage(conversation), { key, fingerprint: 'f', expiresAt: later() });
      const before = await store().conversation(conversation.id);
      const again = draftMessage(await open(), { createdAt: '2026-02-01T00:00:00Z' });
      const answer = await store().appendMessage(again, { key, fingerprint: 'other', expiresAt: later() });
      expect(answer).toEqual({ taken: await store().idempotencyEntry(key) });
      expect(await store().idempotencyEntry(key)).toMatchObject({ conversationId: conversation.id, fingerprint: 'f' });
      expect(await store().conversation(conversation.id)).toEqual(before);
      expect(await store().conversation(again.conversationId)).toMatchObject({ messageCount: 0 });
    });

    it('is given to one of many that ask at once', async () => {
      const conversation = await open();
      const all = await Promise.all(
        Array.from({ length: 20 }, () =>
          store().appendMessage(draftMessage(conversation), { key, fingerprint: 'f', expiresAt: later() }),
        ),
      );
      const stored = all.flatMap((answer) => ('message' in answer ? [answer.message.id] : []));
      const taken = all.flatMap((answer) => ('taken' in answer ? [answer.taken.messageId] : []));
      expect(stored).toHaveLength(1);
      expect(taken).toEqual(Array.from({ length: 19 }, () => stored[0]));
      expect(await store().conversation(conversation.id)).toMatchObject({ messageCount: 1 });
    });

    it('is another key for another tenant, scope or text', async () => {
      const conversation = await open();
      const keys: readonly IdempotencyKey[] = [
        key,
        { ...key, tenantId: 'other' },
        { ...key, scope: 'other' },
        { ...key, key: 'm_1\0' },
        { ...key, key: '\ud83d' },
        { ...key, key: '\ufffd' },
        { ...key, key: 'x'.repeat(1000) },
        { ...key, scope: `${key.scope}m_1`, key: '' },
      ];
      for (const each of keys) {
        const once = { key: each, fingerprint: 'f', expiresAt: later() };
        expect(await store().appendMessage(draftMessage(conversation), once)).toHaveProperty('message');
      }
    });

    it('is free again when it has expired', async () => {
      const conversation = await open();
      const past = { key, fingerprint: 'old', expiresAt: Date.now() - 1 };
      await store().appendMessage(draftMessage(conversation), past);
      expect(await store().idempotencyEntry(key)).toBeUndefined();
      await store().appendReply(draftMessage(conversation, { role: 'assistant' }), key);

      const next = { key, fingerprint: 'new', expiresAt: later() };
      expect(await store().appendMessage(draftMessage(conversation), next)).toHaveProperty('message');
      const entry = await store().idempotencyEntry(key);
      expect(entry).toMatchObject({ fingerprint: 'new' });
      expect(entry).not.toHaveProperty('replySequence');
    });

    it('knows the complete reply', async () => {
      const conversation = await open();
      await store().appendMessage(draftMessage(conversation), { key, fingerprint: 'f', expiresAt: later() });
      for (const status of ['interrupted', 'failed'] as const) {
        await store().appendReply(draftMessage(conversation, { role: 'assistant', status }), key);
        expect(await store().idempotencyEntry(key)).not.toHaveProperty('replySequence');
      }
      await store().appendReply(draftMessage(conversation, { role: 'assistant' }));
      expect(await store().idempotencyEntry(key)).not.toHaveProperty('replySequence');
      const reply = await store().appendReply(draftMessage(conversation, { role: 'assistant' }), key);
      expect(await store().idempotencyEntry(key)).toMatchObject({ replySequence: reply.sequence });
      const again = { key, fingerprint: 'f', expiresAt: later() };
      expect(await store().appendMessage(draftMessage(conversation), again)).toMatchObject({
        taken: { replySequence: reply.sequence },
      });
    });

    it('has one complete reply: another one is not stored', async () => {
      const conversation = await open();
      await store().appendMessage(draftMessage(conversation), { key, fingerprint: 'f', expiresAt: later() });
      const first = await store().appendReply(draftMessage(conversation, { role: 'assistant', text: 'first' }), key);
      const second = draftMessage(conversation, { role: 'assistant', text: 'second' });
      expect(await store().appendReply(second, key)).toEqual(first);
      expect(await store().conversation(conversation.id)).toMatchObject({ messageCount: 2 });
    });

    it('that nobody took does not keep a reply from being stored', async () => {
      const conversation = await open();
      const reply = await store().appendReply(draftMessage(conversation, { role: 'assistant' }), key);
      expect(reply.sequence).toBe(1);
      expect(await store().idempotencyEntry(key)).toBeUndefined();
    });

    it('is free again when its conversation is gone, and no longer answered', async () => {
      const gone = await open();
      const once = { key, fingerprint: 'f', expiresAt: later() };
      await store().appendMessage(draftMessage(gone), once);
      await store().appendReply(draftMessage(gone, { role: 'assistant' }), key);
      await store().deleteConversation(gone.id);
      expect(await store().appendMessage(draftMessage(await open()), once)).toHaveProperty('message');
      expect(await store().idempotencyEntry(key)).not.toHaveProperty('replySequence');
    });

    it('stays with the conversation that took it after another let it expire', async () => {
      const [old, current] = [await open(), await open()];
      await store().appendMessage(draftMessage(old), { key, fingerprint: 'f', expiresAt: Date.now() - 1 });
      await store().appendMessage(draftMessage(current), { key, fingerprint: 'f', expiresAt: later() });
      await store().deleteConversation(old.id);
      expect(await store().idempotencyEntry(key)).toMatchObject({ conversationId: current.id });
    });
  });
}
