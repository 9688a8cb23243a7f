import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/canonical/index.ts';
import type { ArchivedConversation } from '../../src/stores/archive-book.ts';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage, minute } from './store-drafts.ts';

const tenantId = 'shop';
const page = { offset: 0, limit: 1000, order: 'ascending' } as const;

/** A conversation with something in each of its fields. */
function archived(wish: Partial<ArchivedConversation['conversation']> = {}): ArchivedConversation {
  const id = randomUUID();
  const session = { tenantId, space: 'session', id: `visitor of ${id} “\ud800”` };
  return {
    conversation: {
      ...draftConversation({ id, userId: 'ann', signedUser: 'ann' }).conversation,
      title: 'A title',
      mode: 'operator',
      contact: { email: 'a@b.c', name: 'Ann' },
      rating: { score: 5, ratedAt: minute(3) },
      metadata: { b: 1, a: { '2': [], '1': null } },
      updatedAt: minute(4),
      lastMessageAt: minute(2),
      messageCount: 0,
      publicIds: { session: session.id },
      remoteIds: { upstream: 'r1', other: 'r2' },
      collectedSequence: 1,
      ...wish,
    },
    publicIds: [session, { tenantId, space: 'widget', id: `of ${id}` }],
    nudges: { last: 4, waiting: [{ id: 4, text: 'Hi', createdAt: minute(3) }] },
  };
}

/** Messages of a conversation, from a sequence on. */
function said(id: string, first: number, count: number): readonly Message[] {
  return Array.from({ length: count }, (_, index) => ({
    sequence: first + index,
    ...draftMessage({ id }, { text: `message ${first + index}`, role: index % 2 === 0 ? 'visitor' : 'operator' }),
  }));
}

/** How a store is read whole, and put into another one. */
export function archiveContract(subject: StoreSubject): void {
  const archive = () => subject.store().archive;
  async function allIds(): Promise<readonly string[]> {
    const all: string[] = [];
    for await (const ids of archive().ids()) all.push(...ids);
    return all;
  }

  describe('an archive', () => {
    it('gives the ids of all conversations in their order, and of none twice', async () => {
      expect(await allIds()).toEqual([]);
      const ids: string[] = [];
      for (let round = 0; round < 11; round += 1) {
        const drafts = Array.from({ length: 20 }, () => draftConversation());
        await Promise.all(drafts.map((draft) => subject.store().openConversation(draft)));
        ids.push(...drafts.map(({ conversation }) => conversation.id));
      }
      await Promise.all(ids.slice(0, 20).map((id) => subject.store().appendMessage(draftMessage({ id }))));
      await subject.store().deleteConversation(ids[30] ?? '');
      expect(await allIds()).toEqual(ids.filter((_, index) => index !== 30).sort());
    });

    it('reads what was put there, and what was begun by somebody', async () => {
      const put = [archived(), archived({ blocked: true, status: 'closed', mode: 'ai' })];
      for (const one of put) expect(await archive().put(one)).toEqual({ isNew: true });
      await subject.reopen();
      for (const one of put) expect(await archive().read(one.conversation.id)).toEqual(one);
      const publicIds = [{ tenantId, space: 'session', id: 'x' }];
      const { conversation } = await subject.store().openConversation(draftConversation({ publicIds }));
      const nudge = await subject.store().addNudge(conversation.id, { text: 'Hi', createdAt: minute(2) });
      const read = await archive().read(conversation.id);
      expect(read).toEqual({ conversation: read?.conversation, publicIds, nudges: { last: 1, waiting: [nudge] } });
      expect(await archive().read(randomUUID())).toBeUndefined();
    });

    it('puts a conversation where it is found, listed, spoken in and deleted as any other', async () => {
      const store = subject.store();
      const one = archived({ mode: 'ai' });
      const { id } = one.conversation;
      await archive().put(one);
      await archive().putMessages(id, said(id, 1, 3));
      for (const publicId of one.publicIds) expect(await store.findConversation(publicId)).toMatchObject({ id });
      for (const filter of [{ tenantId }, { tenantId, userId: 'ann' }])
        expect(await store.conversations(filter, page)).toMatchObject({ total: 1, entries: [{ id, messageCount: 3 }] });
      expect(await store.continueConversation(draftMessage({ id }), tenantId)).toMatchObject({
        message: { sequence: 4 },
      });
      expect(await store.changeConversation(id, { remoteIds: { third: 'r3' }, updatedAt: minute(9) })).toMatchObject({
        title: 'A title',
        remoteIds: { upstream: 'r1', other: 'r2', third: 'r3' },
      });
      expect(await store.takeNudges(id)).toEqual(one.nudges.waiting);
      expect(await store.addNudge(id, { text: 'More', createdAt: minute(9) })).toMatchObject({ id: 5 });
      await store.deleteConversation(id);
      for (const publicId of one.publicIds) expect(await store.findConversation(publicId)).toBeUndefined();
      expect(await store.conversations({ tenantId }, page)).toMatchObject({ total: 0 });
    });

    it('puts one that is closed or blocked as such, until it is opened again', async () => {
      const store = subject.store();
      for (const one of [archived({ status: 'closed' }), archived({ blocked: true })]) {
        const { id } = one.conversation;
        await archive().put(one);
        expect((await store.continueConversation(draftMessage({ id }), tenantId))?.message).toBeUndefined();
        await store.changeConversation(id, { status: 'active', blocked: false, updatedAt: minute(9) });
        expect((await store.continueConversation(draftMessage({ id }), tenantId))?.message?.sequence).toBe(1);
      }
    });

    it('leaves a conversation that is there as it is, and an id that another one has', async () => {
      const one = archived();
      await archive().put(one);
      const { id } = one.conversation;
      expect(await archive().put({ ...one, conversation: { ...one.conversation, title: 'Other' } })).toEqual({
        isNew: false,
      });
      const thief = archived();
      const { id: thiefId } = thief.conversation;
      const found = ({ publicIds }: ArchivedConversation) =>
        Promise.all(publicIds.map(async (publicId) => (await subject.store().findConversation(publicId))?.id));
      const publicIds = [...one.publicIds, ...thief.publicIds];
      expect(await archive().put({ ...thief, publicIds })).toEqual({ isNew: true, lost: one.publicIds[0] });
      expect(await archive().read(id)).toEqual(one);
      expect([await found(one), await found(thief)]).toEqual([
        [id, id],
        [thiefId, thiefId],
      ]);
      await subject.store().deleteConversation(thiefId);
      expect([await found(one), await found(thief)]).toEqual([
        [id, id],
        [undefined, undefined],
      ]);
    });

    it('puts messages once, without a gap, and leaves those that are there', async () => {
      const one = archived();
      const { id } = one.conversation;
      await archive().put(one);
      const all = said(id, 4, 6);
      expect(await archive().putMessages(id, all.slice(0, 3))).toEqual({ stored: 3, different: 0 });
      expect(await archive().putMessages(id, all.slice(1, 5))).toEqual({ stored: 2, different: 0 });
      expect(await archive().putMessages(id, said(id, 4, 1))).toEqual({ stored: 0, different: 1 });
      await expect(archive().putMessages(id, said(id, 11, 1))).rejects.toMatchObject({ code: 'conflict' });
      await expect(archive().putMessages(randomUUID(), all)).rejects.toMatchObject({ code: 'not-found' });
      expect(await archive().putMessages(id, all)).toEqual({ stored: 1, different: 0 });
      await subject.reopen();
      expect((await subject.store().messages(id, page)).entries).toEqual(all);
      const operators = all.filter(({ role }) => role === 'operator');
      expect(await subject.store().operatorMessagesAfter(id, 0, 99)).toEqual(operators);
      expect((await archive().read(id))?.conversation).toEqual({ ...one.conversation, messageCount: 6 });
      expect(await subject.store().message(id, 3)).toBeUndefined();
    });

    it('keeps on counting where numbers were given, also to conversations that are gone', async () => {
      const space = { tenantId, space: 'widget' };
      expect(await archive().lastNumber(space)).toBe(0);
      await archive().raiseNumber(space, 7);
      await archive().raiseNumber(space, 5);
      expect(await archive().lastNumber(space)).toBe(7);
      const { conversation } = await subject.store().openConversation(draftConversation({ numberedIn: 'widget' }));
      expect(conversation.publicIds).toEqual({ widget: '8' });
      expect(await archive().lastNumber(space)).toBe(8);
    });

    it('puts a migration there with its changes, where none of its name has begun', async () => {
      const state = { name: 'm', stage: 'canary', since: minute(1), revision: 3 } as const;
      const history = [3, 2, 1].map((n) => ({ at: minute(n), by: `b${n}`, to: 'canary' as const, why: 'w' }));
      expect(await archive().putMigration(state, history)).toBe(true);
      expect(await archive().putMigration({ ...state, revision: 9 }, [])).toBe(false);
      const { migrations } = subject.store();
      expect(await migrations.read(['m'])).toEqual([state]);
      expect(await migrations.history('m')).toEqual(history);
      const change = { at: minute(4), by: 'b4', from: 'canary', to: 'cutover', why: 'w' } as const;
      expect(await migrations.change({ ...state, stage: 'cutover', revision: 4 }, change)).toBe(true);
      expect(await migrations.history('m')).toEqual([change, ...history]);
    });
  });
}
