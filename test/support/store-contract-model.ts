import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Conversation, Message, Nudge } from '../../src/canonical/index.ts';
import type { Store } from '../../src/stores/store.ts';
import type { StoreSubject } from './store-contract.ts';
import { draftConversation, draftMessage, minute } from './store-drafts.ts';

const space = 'session';
const everything = { offset: 0, limit: 1000, order: 'ascending' } as const;

/** What a store would be without a disk: the contract in its plainest form. */
interface Kept {
  readonly conversation: Conversation;
  readonly messages: Message[];
  readonly nudges: Nudge[];
  nudged: number;
}

/** Each run has a tenant of its own, and with it an empty store. */
interface Model {
  readonly tenantId: string;
  readonly byVisitor: Map<string, Kept>;
  readonly once: Map<string, { readonly messageId: string; readonly visitor: string; replySequence?: number }>;
  opened: number;
}

type Command = fc.AsyncCommand<Model, Store>;

const onceKey = ({ tenantId }: Model, key: string) => ({ tenantId, scope: 'model', key });
const visitor = fc.constantFrom('ann', 'bob', '\ud83d');
const oneOfKeys = fc.constantFrom('k1', 'k2');

/** A command whose check is left out: each copes with what is not there. */
const command = (name: string, run: Command['run']): Command => ({ check: () => true, run, toString: () => name });

async function idOf({ tenantId }: Model, store: Store, name: string): Promise<string | undefined> {
  return (await store.findConversation({ tenantId, space, id: name }))?.id;
}

const open = (name: string) =>
  command(`open ${name}`, async (model, store) => {
    const draft = draftConversation({
      tenantId: model.tenantId,
      userId: name,
      createdAt: minute(model.opened),
      publicIds: [{ tenantId: model.tenantId, space, id: name }],
      numberedIn: 'widget',
    });
    const { conversation, created } = await store.openConversation(draft);
    expect(created).toBe(!model.byVisitor.has(name));
    if (!created) return;
    model.opened += 1;
    expect(conversation.publicIds).toEqual({ [space]: name, widget: String(model.opened) });
    model.byVisitor.set(name, { conversation, messages: [], nudges: [], nudged: 0 });
  });

const append = (name: string, key: string | undefined, role: 'visitor' | 'operator') =>
  command(`append ${role} to ${name} once ${key}`, async (model, store) => {
    const kept = model.byVisitor.get(name);
    const id = await idOf(model, store, name);
    expect(id).toBe(kept?.conversation.id);
    if (kept === undefined || id === undefined) return;
    const draft = draftMessage({ id }, { role, createdAt: minute(kept.messages.length) });
    const once =
      key === undefined ? undefined : { key: onceKey(model, key), fingerprint: name, expiresAt: Date.now() + 1e7 };
    const answer = await store.appendMessage(draft, once);
    const taken = key === undefined ? undefined : model.once.get(key);
    if ('taken' in answer) expect(answer.taken).toMatchObject({ messageId: taken?.messageId });
    else {
      expect(taken).toBeUndefined();
      expect(answer.message).toEqual({ ...draft, sequence: kept.messages.length + 1 });
      kept.messages.push(answer.message);
      if (key !== undefined) model.once.set(key, { messageId: draft.id, visitor: name });
    }
  });

const reply = (name: string, key: string, status: Message['status']) =>
  command(`reply ${status} to ${name} once ${key}`, async (model, store) => {
    const kept = model.byVisitor.get(name);
    if (kept === undefined) return;
    const entry = model.once.get(key);
    if (entry?.replySequence !== undefined) return;
    const draft = draftMessage(kept.conversation, {
      role: 'assistant',
      status,
      createdAt: minute(kept.messages.length),
    });
    const message = await store.appendReply(draft, onceKey(model, key));
    kept.messages.push(message);
    if (entry?.visitor === name && status === 'complete') entry.replySequence = message.sequence;
  });

const nudge = (name: string) =>
  command(`nudge ${name}`, async (model, store) => {
    const kept = model.byVisitor.get(name);
    if (kept === undefined) return;
    kept.nudged += 1;
    const added = await store.addNudge(kept.conversation.id, { text: 'hi', createdAt: minute(1) });
    expect(added.id).toBe(kept.nudged);
    kept.nudges.push(added);
  });

const takeNudges = (name: string) =>
  command(`take the nudges of ${name}`, async (model, store) => {
    const kept = model.byVisitor.get(name);
    if (kept === undefined) return;
    expect(await store.takeNudges(kept.conversation.id)).toEqual(kept.nudges.splice(0));
  });

const remove = (name: string) =>
  command(`delete ${name}`, async (model, store) => {
    const kept = model.byVisitor.get(name);
    if (kept === undefined) return;
    expect(await store.deleteConversation(kept.conversation.id)).toBe(true);
    model.byVisitor.delete(name);
    for (const [key, entry] of model.once) if (entry.visitor === name) model.once.delete(key);
  });

const compare = command('compare', async (model, store) => {
  const { tenantId } = model;
  for (const [name, { conversation, messages }] of model.byVisitor) {
    const { id } = conversation;
    const newest = messages.at(-1)?.createdAt;
    expect(await store.findConversation({ tenantId, space, id: name })).toEqual({
      ...conversation,
      messageCount: messages.length,
      ...(newest !== undefined && { updatedAt: newest, lastMessageAt: newest }),
    });
    expect((await store.messages(id, everything)).entries).toEqual(messages);
    expect(await store.latestMessages(id, 2)).toEqual(messages.slice(-2));
    expect(await store.messagesAfter(id, 1, 3)).toEqual(messages.slice(1, 4));
    expect(await store.operatorMessagesAfter(id, 1, 9)).toEqual(
      messages.filter(({ role, sequence }) => role === 'operator' && sequence > 1).slice(0, 9),
    );
    expect((await store.conversations({ tenantId, userId: name }, everything)).total).toBe(1);
  }
  const { entries, total } = await store.conversations({ tenantId }, everything);
  expect(entries.map(({ id }) => id)).toEqual([...model.byVisitor.values()].map(({ conversation }) => conversation.id));
  expect(total).toBe(entries.length);
  for (const key of ['k1', 'k2']) {
    const { messageId, replySequence } = model.once.get(key) ?? {};
    const entry = await store.idempotencyEntry(onceKey(model, key));
    expect({ messageId: entry?.messageId, replySequence: entry?.replySequence }).toEqual({ messageId, replySequence });
  }
});

/** Any sequence of calls, against the contract written down with maps and lists. */
export function modelContract(subject: StoreSubject): void {
  describe('any sequence of calls', () => {
    it('answers as the model does, also after it was opened again', async () => {
      const commands = fc.commands(
        [
          visitor.map(open),
          visitor.map(open),
          fc
            .tuple(visitor, fc.option(oneOfKeys, { nil: undefined }), fc.constantFrom('visitor', 'operator'))
            .map((wish) => append(...wish)),
          fc.tuple(visitor, oneOfKeys, fc.constantFrom('complete', 'interrupted')).map((wish) => reply(...wish)),
          visitor.map(nudge),
          visitor.map(takeNudges),
          visitor.map(remove),
          fc.constant(compare),
        ],
        { maxCommands: 40 },
      );
      const property = fc.asyncProperty(commands, async (sequence) => {
        const model: Model = { tenantId: randomUUID(), byVisitor: new Map(), once: new Map(), opened: 0 };
        await fc.asyncModelRun(() => ({ model, real: subject.store() }), sequence);
        await compare.run(model, await subject.reopen());
      });
      await fc.assert(property, { numRuns: 40 });
    });
  });
}
