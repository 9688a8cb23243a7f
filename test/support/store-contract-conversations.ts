import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage, minute } from './store-drafts.ts';

const space = 'widget';
const tenantId = 'shop';

/** Opening, finding and changing. */
export function conversationContract(subject: StoreSubject): void {
  const store = () => subject.store();

  describe('opening a conversation', () => {
    it('gives it what the store counts', async () => {
      const draft = draftConversation({ userId: 'ann', createdAt: minute(3) });
      const opened = await store().openConversation(draft);
      expect(opened).toEqual({
        created: true,
        conversation: {
          ...draft.conversation,
          updatedAt: minute(3),
          messageCount: 0,
          publicIds: {},
          remoteIds: {},
          collectedSequence: 0,
        },
      });
      expect(await store().conversation(draft.conversation.id)).toEqual(opened.conversation);
    });

    it('makes it found by every public id', async () => {
      const publicIds = [
        { tenantId, space, id: 'a' },
        { tenantId, space: 'session', id: 'b' },
      ];
      const { conversation } = await store().openConversation(draftConversation({ publicIds }));
      expect(conversation.publicIds[space]).toBe('a');
      for (const id of publicIds) expect(await store().findConversation(id)).toEqual(conversation);
    });

    it('returns the one that has one of the ids already', async () => {
      const taken = { tenantId, space, id: 'a' };
      const first = await store().openConversation(draftConversation({ publicIds: [taken] }));
      const free = { tenantId, space, id: 'b' };
      const second = await store().openConversation(draftConversation({ publicIds: [free, taken] }));
      expect(second).toEqual({ conversation: first.conversation, created: false });
      expect(await store().findConversation(free)).toBeUndefined();
    });

    it('begins one of many that ask at once under one id', async () => {
      const publicIds = [{ tenantId, space, id: 'same' }];
      const all = await Promise.all(
        Array.from({ length: 20 }, () => store().openConversation(draftConversation({ publicIds }))),
      );
      expect(all.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(all.map(({ conversation }) => conversation.id)).size).toBe(1);
      expect((await store().conversations({ tenantId }, { offset: 0, limit: 9, order: 'ascending' })).total).toBe(1);
    });

    it('keeps equal ids of two tenants and of two spaces apart', async () => {
      const ids = [
        { tenantId, space, id: '1' },
        { tenantId: 'other', space, id: '1' },
        { tenantId, space: 'session', id: '1' },
        { tenantId: `${tenantId}${space}`, space: '', id: '1' },
      ];
      for (const id of ids) {
        const { created } = await store().openConversation(
          draftConversation({ tenantId: id.tenantId, publicIds: [id] }),
        );
        expect(created).toBe(true);
      }
    });

    it.each([
      ['empty text', ''],
      ['a NUL', 'a\0b'],
      ['the same without the NUL', 'ab'],
      ['a lone surrogate', '\ud83d'],
      ['another lone surrogate', '\ude00'],
      ['what a lone surrogate often becomes', '\ufffd'],
      ['a thousand characters', 'x'.repeat(1000)],
      ['a thousand wide characters', '語'.repeat(1000)],
      ['names of the object prototype', '__proto__'],
    ])('takes any text as an id: %s', async (_name, id) => {
      const others = ['a', 'a\0', '\ud83d\ude00', '\ufffd\ufffd', 'x'.repeat(999), '語'.repeat(999)];
      for (const other of others) {
        await store().openConversation(draftConversation({ publicIds: [{ tenantId, space, id: other }] }));
      }
      const opened = await store().openConversation(draftConversation({ publicIds: [{ tenantId, space, id }] }));
      expect(opened.created).toBe(true);
      expect(opened.conversation.publicIds[space]).toBe(id);
      expect(await store().findConversation({ tenantId, space, id })).toEqual(opened.conversation);
    });

    it('numbers conversations by tenant and space', async () => {
      const open = async (tenant: string, numberedIn: string) => {
        const draft = draftConversation({ tenantId: tenant, numberedIn });
        return (await store().openConversation(draft)).conversation.publicIds[numberedIn];
      };
      expect([await open('a', space), await open('a', space), await open('b', space)]).toEqual(['1', '2', '1']);
      expect([await open('a', 'else'), await open('a', space)]).toEqual(['1', '3']);
      const found = await store().findConversation({ tenantId: 'a', space, id: '3' });
      expect(found?.publicIds[space]).toBe('3');
    });

    it('passes over a number that a caller has chosen as an id', async () => {
      const chosen = { tenantId, space, id: '2' };
      await store().openConversation(draftConversation({ publicIds: [chosen] }));
      const open = () => store().openConversation(draftConversation({ numberedIn: space }));
      const opened = [await open(), await open()];
      expect(opened.map(({ conversation }) => conversation.publicIds[space])).toEqual(['1', '3']);
    });

    it('gives each of many that ask at once a number of its own, and wastes none on one that exists', async () => {
      const session = (id: string) => [{ tenantId, space: 'session', id }];
      const names = Array.from({ length: 40 }, (_, index) => `session ${index % 20}`);
      const all = await Promise.all(
        names.map((name) =>
          store().openConversation(draftConversation({ publicIds: session(name), numberedIn: space })),
        ),
      );
      const numbers = new Set(all.map(({ conversation }) => Number(conversation.publicIds[space])));
      expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    it('refuses an inner id that is taken', async () => {
      const { conversation } = await store().openConversation(draftConversation());
      const again = store().openConversation(draftConversation({ id: conversation.id }));
      await expect(again).rejects.toMatchObject({ code: 'conflict' });
    });
  });

  describe('a conversation that does not exist', () => {
    it.each([randomUUID(), '', 'no id', '../..', '\0', 'x'.repeat(5000)])(
      'is undefined or not found: %j',
      async (id) => {
        expect(await store().conversation(id)).toBeUndefined();
        expect(await store().findConversation({ tenantId, space, id })).toBeUndefined();
        expect(await store().message(id, 1)).toBeUndefined();
        expect(await store().deleteConversation(id)).toBe(false);
        const page = { offset: 0, limit: 5, order: 'ascending' as const };
        for (const call of [
          () => store().changeConversation(id, { updatedAt: minute(1) }),
          () => store().appendMessage(draftMessage({ id })),
          () => store().appendReply(draftMessage({ id })),
          () => store().messages(id, page),
          () => store().messagesAfter(id, 0, 5),
          () => store().operatorMessagesAfter(id, 0, 5),
          () => store().latestMessages(id, 5),
          () => store().addNudge(id, { text: 'hi', createdAt: minute(1) }),
          () => store().takeNudges(id),
        ]) {
          await expect(call()).rejects.toMatchObject({ code: 'not-found', details: { subject: { id } } });
        }
      },
    );
  });

  describe('changing a conversation', () => {
    it('replaces what is named and leaves the rest', async () => {
      const { conversation } = await store().openConversation(draftConversation());
      const change = {
        mode: 'operator',
        status: 'closed',
        blocked: true,
        title: 'Hoodies',
        updatedAt: minute(9),
      } as const;
      const changed = await store().changeConversation(conversation.id, change);
      expect(changed).toEqual({ ...conversation, ...change });
      expect(await store().changeConversation(conversation.id, { updatedAt: minute(10) })).toEqual({
        ...changed,
        updatedAt: minute(10),
      });
      expect(await store().conversation(conversation.id)).toMatchObject({ title: 'Hoodies', updatedAt: minute(10) });
    });

    it('merges contact, rating and remote ids, also when asked at once', async () => {
      const { id } = (await store().openConversation(draftConversation())).conversation;
      const updatedAt = minute(2);
      await Promise.all([
        store().changeConversation(id, { contact: { email: 'ann@example.com' }, updatedAt }),
        store().changeConversation(id, { contact: { name: 'Ann' }, updatedAt }),
        store().changeConversation(id, { rating: { score: 4, ratedAt: minute(1) }, updatedAt }),
        store().changeConversation(id, { rating: { comment: 'good', ratedAt: minute(2) }, updatedAt }),
        store().changeConversation(id, { remoteIds: { shop: 'r1' }, updatedAt }),
        store().changeConversation(id, { remoteIds: { ['__proto__']: 'r2' }, updatedAt }),
      ]);
      const { contact, rating, remoteIds } = (await store().conversation(id)) ?? {};
      expect(contact).toEqual({ email: 'ann@example.com', name: 'Ann' });
      expect(rating).toEqual({ score: 4, comment: 'good', ratedAt: minute(2) });
      expect(Object.entries(remoteIds ?? {})).toEqual([
        ['shop', 'r1'],
        ['__proto__', 'r2'],
      ]);
    });

    it.each([
      ['was begun by nobody', undefined, 'ann'],
      ['was begun by a user', 'eve', 'eve'],
      ['was begun by one with an odd name', '["\ud83d\ude00"] \u00fc"', '["\ud83d\ude00"] \u00fc"'],
    ])(
      'gives it to the first user who signs it, and changes nothing for another: one that %s',
      async (_is, by, owner) => {
        const draft = draftConversation(by === undefined ? {} : { signedUser: by });
        const { conversation } = await store().openConversation(draft);
        expect(conversation.signedUser).toBe(by);
        const sign = (signedUser: string) =>
          store().changeConversation(conversation.id, {
            signedUser,
            contact: { name: signedUser },
            updatedAt: minute(2),
          });
        const names = [owner, 'bob', owner, 'carl'];
        const found = await Promise.all(names.map(sign));
        expect(found.map(({ signedUser }) => signedUser)).toEqual(names.map(() => owner));
        await store().changeConversation(conversation.id, { title: 'Hoodies', updatedAt: minute(3) });
        const kept = { signedUser: owner, contact: { name: owner }, title: 'Hoodies' };
        expect(await store().conversation(conversation.id)).toMatchObject(kept);
      },
    );

    it('never takes the collected sequence back', async () => {
      const { id } = (await store().openConversation(draftConversation())).conversation;
      const collect = async (collectedSequence: number) =>
        (await store().changeConversation(id, { collectedSequence, updatedAt: minute(1) })).collectedSequence;
      expect([await collect(3), await collect(2), await collect(5)]).toEqual([3, 3, 5]);
    });
  });
}
