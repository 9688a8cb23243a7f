import { describe, expect, it } from 'vitest';
import type { Conversation, JsonObject, Message, Participant } from '../../src/canonical/index.ts';
import type { NewMessage } from '../../src/stores/store.ts';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage, minute, texts } from './store-drafts.ts';

/** Storing messages and reading them one by one. */
export function messageContract(subject: StoreSubject): void {
  const store = () => subject.store();
  const open = async () => (await store().openConversation(draftConversation())).conversation;
  async function append(message: NewMessage): Promise<Message> {
    const appended = await store().appendMessage(message);
    if ('taken' in appended) throw new Error('A message without an idempotency key was taken');
    return appended.message;
  }

  describe('storing a message', () => {
    it('numbers messages and replies from 1, and keeps the conversation up to date', async () => {
      const conversation = await open();
      const first = await append(draftMessage(conversation, { text: 'first', createdAt: minute(1) }));
      const reply = draftMessage(conversation, { role: 'assistant', text: 'second', createdAt: minute(2) });
      const second = await store().appendReply(reply);
      expect(second).toEqual({ ...reply, sequence: 2 });
      expect(first.sequence).toBe(1);
      expect(await store().message(conversation.id, 1)).toEqual(first);
      expect(await store().message(conversation.id, 2)).toEqual(second);
      expect(await store().conversation(conversation.id)).toEqual({
        ...conversation,
        updatedAt: minute(2),
        lastMessageAt: minute(2),
        messageCount: 2,
      });
    });

    it('counts each conversation on its own', async () => {
      const [one, other] = [await open(), await open()];
      const appended = await Promise.all([one, other, one].map((conversation) => append(draftMessage(conversation))));
      expect(appended.map(({ sequence }) => sequence)).toEqual([1, 1, 2]);
    });

    it('gives messages that come at once numbers in the order of the calls', async () => {
      const conversation = await open();
      const wanted = Array.from({ length: 200 }, (_, index) => String(index + 1));
      const appended = await Promise.all(wanted.map((text) => append(draftMessage(conversation, { text }))));
      expect(appended.map(({ sequence }) => String(sequence))).toEqual(wanted);
      const { entries, total } = await store().messages(conversation.id, { offset: 0, limit: 500, order: 'ascending' });
      expect(texts(entries)).toEqual(wanted);
      expect(total).toBe(200);
    });

    it('goes on with a conversation in one step, if it is the tenant’s and open', async () => {
      const conversation = await open();
      const { id, tenantId } = conversation;
      const go = (tenant = tenantId) => store().continueConversation(draftMessage(conversation), tenant);
      expect(await go()).toMatchObject({ conversation, message: { sequence: 1 } });
      expect(await go()).toMatchObject({ conversation: { messageCount: 1 }, message: { sequence: 2 } });
      expect(await go('another')).toBeUndefined();
      for (const change of [{ blocked: true }, { blocked: false, status: 'closed' as const }]) {
        await store().changeConversation(id, { ...change, updatedAt: minute(3) });
        const refused = await go();
        expect(refused).toEqual({ conversation: await store().conversation(id) });
      }
      await store().changeConversation(id, { status: 'active', title: 'true', updatedAt: minute(3) });
      expect(await go()).toMatchObject({ conversation: { title: 'true' }, message: { sequence: 3 } });
      const unknown = draftMessage({ id: '00000000-0000-4000-8000-000000000000' });
      expect(await store().continueConversation(unknown, tenantId)).toBeUndefined();
      expect(await store().continueConversation(draftMessage({ id: 'none' }), tenantId)).toBeUndefined();
    });

    it('goes on in one step with what is the author’s own, or nobody’s, alone', async () => {
      const alices = (await store().openConversation(draftConversation({ userId: 'alice' }))).conversation;
      const nobodys = await open();
      const go = (conversation: Conversation, author: Participant) =>
        store().continueConversation(draftMessage(conversation, { author }), conversation.tenantId);
      expect(await go(alices, { userId: 'bob' })).toEqual({ conversation: alices });
      for (const author of [{ userId: 'alice' }, {}, { sessionId: 'bob' }]) {
        expect(await go(alices, author)).toHaveProperty('message.author', author);
      }
      expect(await go(nobodys, { userId: 'bob' })).toHaveProperty('message.sequence', 1);
    });

    it('can follow the opening without waiting for it', async () => {
      const draft = draftConversation();
      const [opened, first] = await Promise.all([
        store().openConversation(draft),
        append(draftMessage(draft.conversation)),
      ]);
      expect(opened).toMatchObject({ created: true, conversation: { messageCount: 0 } });
      expect(first.sequence).toBe(1);
    });

    it('keeps every field, to the letter', async () => {
      const conversation = await open();
      // What a client's JSON can hold: an own field of that name.
      const metadata = JSON.parse('{"__proto__":{"a":1},"constructor":null,"deep":[[[{"a":[]}]]]}') as JsonObject;
      const whole = draftMessage(conversation, {
        text: 'NUL \0, lone \ud83d and \ude00, pair 😀, \u2028\u2029, "quotes" \\',
        items: [{ id: '1', title: '\udc00', price: '19.90', attributes: [{ key: 'size', value: 'L' }] }],
        suggestions: ['', '\ud800'],
        attachments: [{ kind: 'image', url: 'https://shop.example/1.png' }],
        status: 'interrupted',
        finishReason: 'length',
        failure: 'upstream-timeout',
        author: { userId: '\ud83d', sessionId: '' },
        clientMessageId: 'm_1',
        model: 'm',
        usage: { totalTokens: 3 },
        metadata,
      });
      await append(whole);
      const kept = await (await subject.reopen()).message(conversation.id, 1);
      expect(kept).toEqual({ ...whole, sequence: 1 });
      expect(JSON.stringify(kept?.metadata)).toBe(JSON.stringify(metadata));
    });

    it('keeps a message of a mebibyte', async () => {
      const conversation = await open();
      const text = '語'.repeat(350_000);
      await append(draftMessage(conversation, { text }));
      expect((await store().message(conversation.id, 1))?.text).toBe(text);
    });

    it('finds no message beyond what was stored', async () => {
      const conversation = await open();
      await append(draftMessage(conversation));
      for (const sequence of [-1, 0, 0.5, 2, 2 ** 53]) {
        expect(await store().message(conversation.id, sequence)).toBeUndefined();
      }
    });
  });
}
