import { describe, expect, it } from 'vitest';
import { mostNudges } from '../../src/stores/bounds.ts';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage, minute, texts } from './store-drafts.ts';

const all = { offset: 0, limit: 100, order: 'ascending' } as const;
const few = { maxMessages: 5 };

/** How much a conversation holds. */
export function boundsContract(subject: StoreSubject): void {
  const store = () => subject.store();
  const open = async () => (await store().openConversation(draftConversation())).conversation.id;
  /** Says numbers, of which each third is an operator's. */
  async function say(id: string, from: number, to: number): Promise<void> {
    for (let number = from; number <= to; number += 1) {
      const role = number % 3 === 0 ? 'operator' : 'visitor';
      const appended = await store().appendMessage(draftMessage({ id }, { text: String(number), role }));
      expect(appended).toMatchObject({ message: { sequence: number } });
    }
  }
  const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

  describe('a conversation that is longer than it may be', () => {
    it('loses its oldest messages, and the others keep their numbers', async () => {
      await subject.reopen(few);
      const id = await open();
      await say(id, 1, 8);
      expect(await store().conversation(id)).toMatchObject({ messageCount: 5 });
      const { entries, total } = await store().messages(id, all);
      expect([texts(entries), entries.map(({ sequence }) => String(sequence)), total]).toEqual([
        upTo(4, 8),
        upTo(4, 8),
        5,
      ]);
      expect(texts((await store().messages(id, { ...all, offset: 1, limit: 2 })).entries)).toEqual(['5', '6']);
      const newest = { offset: 1, limit: 2, order: 'descending' } as const;
      expect((await store().messages(id, newest)).entries).toMatchObject([{ sequence: 7 }, { sequence: 6 }]);
      expect(texts((await store().messages(id, { ...newest, offset: 3, limit: 9 })).entries)).toEqual(['5', '4']);
      expect(await store().message(id, 3)).toBeUndefined();
      expect(await store().message(id, 4)).toMatchObject({ text: '4', sequence: 4 });
      expect(await store().message(id, 9)).toBeUndefined();
      expect(texts(await store().latestMessages(id, 2))).toEqual(['7', '8']);
      expect(texts(await store().latestMessages(id, 9))).toEqual(upTo(4, 8));
    });

    it('goes on for who comes back after a message that is gone, or is not', async () => {
      await subject.reopen(few);
      const id = await open();
      await say(id, 1, 10);
      expect(await store().messagesAfter(id, 0, 2)).toMatchObject([{ sequence: 6 }, { sequence: 7 }]);
      expect(texts(await store().messagesAfter(id, 3, 9))).toEqual(upTo(6, 10));
      expect(texts(await store().messagesAfter(id, 7, 2))).toEqual(['8', '9']);
      expect(await store().messagesAfter(id, 10, 9)).toEqual([]);
      expect(await store().operatorMessagesAfter(id, 0, 9)).toMatchObject([
        { text: '6', sequence: 6 },
        { text: '9', sequence: 9 },
      ]);
      expect(texts(await store().operatorMessagesAfter(id, 6, 9))).toEqual(['9']);
    });

    it('is as long as it may be now, and its numbers go on', async () => {
      const id = await open();
      await say(id, 1, 20);
      await subject.reopen(few);
      await say(id, 21, 21);
      expect(texts((await store().messages(id, all)).entries)).toEqual(upTo(17, 21));
      await subject.reopen({ maxMessages: 7 });
      await say(id, 22, 24);
      expect(texts((await store().messages(id, all)).entries)).toEqual(upTo(18, 24));
      const reply = await store().appendReply(draftMessage({ id }, { role: 'assistant', text: '25' }));
      expect(reply).toMatchObject({ sequence: 25 });
      expect(await store().message(id, 25)).toEqual(reply);
    });

    it('forgets an idempotency key with its message, and no other', async () => {
      await subject.reopen(few);
      const id = await open();
      const onceOf = (key: string) => ({
        key: { tenantId: 'shop', scope: 's', key },
        fingerprint: 'f',
        expiresAt: Date.now() + 3_600_000,
      });
      const ask = (name: string) => store().appendMessage(draftMessage({ id }), onceOf(name));
      const answer = (name: string) =>
        store().appendReply(draftMessage({ id }, { role: 'assistant', text: name }), onceOf(name).key);
      await ask('old');
      await answer('old');
      await ask('late');
      await say(id, 4, 6);
      await ask('new');
      await answer('new');
      for (const name of ['old', 'late']) expect(await store().idempotencyEntry(onceOf(name).key)).toBeUndefined();
      expect(await store().idempotencyEntry(onceOf('new').key)).toMatchObject({ replySequence: 8 });
      expect(await answer('late')).toMatchObject({ text: 'late', sequence: 9 });
      expect(await ask('old')).toMatchObject({ message: { sequence: 10 } });
      expect(await ask('new')).toMatchObject({ taken: { replySequence: 8 } });
    });

    it('is deleted with all that it had', async () => {
      await subject.reopen(few);
      const id = await open();
      await say(id, 1, 9);
      expect(await store().deleteConversation(id)).toBe(true);
      await store().openConversation(draftConversation({ id }));
      await say(id, 1, 3);
      expect(texts((await store().messages(id, all)).entries)).toEqual(upTo(1, 3));
      expect(texts(await store().operatorMessagesAfter(id, 0, 9))).toEqual(['3']);
    });
  });

  it('no more nudges wait in a conversation than are read: another is refused', async () => {
    const id = await open();
    const add = () => store().addNudge(id, { text: 'hi', createdAt: minute(1) });
    for (let count = 0; count < mostNudges; count += 1) await add();
    await expect(add()).rejects.toMatchObject({ code: 'conflict' });
    expect(await store().takeNudges(id)).toHaveLength(mostNudges);
    expect(await add()).toMatchObject({ id: mostNudges + 1 });
  });
}
