import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRedisStore } from '../../../src/stores/redis/index.ts';
import { createKeys, idempotencyDigest } from '../../../src/stores/redis/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { auditEntry } from '../../support/store-contract-audit.ts';
import { draftConversation, draftMessage, texts } from '../../support/store-drafts.ts';

const tenantId = 'shop';
const page = { offset: 0, limit: 1000, order: 'ascending' } as const;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('two processes over one Redis', () => {
  let server: RedisServer;
  let prefix: string;
  let one: Store;
  let other: Store;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    prefix = randomUUID();
    const open = () => openRedisStore({ place: { url: server.url }, prefix });
    [one, other] = [await open(), await open()];
  });
  afterEach(() => Promise.all([one.close(), other.close()]));

  const open = async (store = one) => (await store.openConversation(draftConversation())).conversation;
  const onceOf = (key: string) => ({
    key: { tenantId, scope: 's', key },
    fingerprint: 'f',
    expiresAt: Date.now() + 3_600_000,
  });

  it('have one audit', async () => {
    const all = upTo(20).map((count) => auditEntry(1_000 * (20 - count)));
    await Promise.all(all.map((entry, index) => (index % 2 === 0 ? one : other).audit.enter(entry)));
    for (const store of [one, other]) expect(await store.audit.entries({ limit: 50 })).toEqual(all.toReversed());
  });

  it('number the messages of a conversation without a gap, each in the order of its calls', async () => {
    const { id } = await open();
    const say = (store: Store, who: string) =>
      upTo(100).map((count) => store.appendMessage(draftMessage({ id }, { text: `${who} ${count}` })));
    await Promise.all([...say(one, 'one'), ...say(other, 'other')]);
    const { entries, total } = await one.messages(id, page);
    expect(total).toBe(200);
    expect(entries.map(({ sequence }) => sequence)).toEqual(upTo(200));
    for (const who of ['one', 'other']) {
      expect(texts(entries).filter((text) => text.startsWith(`${who} `))).toEqual(upTo(100).map((n) => `${who} ${n}`));
    }
    expect(await other.conversation(id)).toMatchObject({ messageCount: 200 });
  });

  it('find the conversation that has a public id now, also where it belonged to another that one of them deleted', async () => {
    const publicId = { tenantId, space: 'session', id: 'visitor' };
    const begin = async () => (await one.openConversation(draftConversation({ publicIds: [publicId] }))).conversation;
    const first = await begin();
    expect(await other.findConversation(publicId)).toMatchObject({ id: first.id });
    expect(await other.findConversation(publicId)).toMatchObject({ id: first.id });
    await one.deleteConversation(first.id);
    expect(await other.findConversation(publicId)).toBeUndefined();
    const second = await begin();
    expect(second.id).not.toBe(first.id);
    expect(await other.findConversation(publicId)).toMatchObject({ id: second.id });
  });

  it('keep what was told of a reply whose process is taken for dead, until that one gives it after all', async () => {
    const { id } = await open();
    const told = draftMessage({ id }, { id: randomUUID(), role: 'assistant', text: 'Half', status: 'failed' });
    const kept = await other.keepReply?.(told);
    expect(kept).toMatchObject({ text: 'Half', sequence: 1 });
    // Another process says the same.
    expect(await one.keepReply?.(told)).toMatchObject({ text: 'Half', sequence: 1 });
    const whole = { ...told, text: 'Half, and the rest', status: 'complete' as const };
    expect(await one.appendReply(whole)).toMatchObject({ sequence: 1 });
    expect(texts((await other.messages(id, page)).entries)).toEqual(['Half, and the rest']);
    // One that was stored, and not told, is left as it is.
    expect(await other.keepReply?.({ ...told, text: 'Hal' })).toMatchObject({ text: 'Half, and the rest' });
  });

  it('store one complete reply to a turn, whoever comes first', async () => {
    const { id } = await open();
    const once = onceOf('turn');
    await one.appendMessage(draftMessage({ id }), once);
    const replyOf = (text: string) => draftMessage({ id }, { role: 'assistant', text });
    const first = await one.appendReply(replyOf('first'), once.key);
    expect(await other.appendReply(replyOf('second'), once.key)).toEqual(first);
    expect(await other.messages(id, page)).toMatchObject({ total: 2 });
    expect(await other.idempotencyEntry(once.key)).toMatchObject({ replySequence: first.sequence });
  });

  it('store what has an idempotency key once, in whichever conversation came first', async () => {
    const ids = [(await open()).id, (await open(other)).id];
    for (const name of upTo(20).map(String)) {
      const answers = await Promise.all(
        upTo(6).map((count) => {
          const id = ids[count % 2] ?? '';
          return (count % 4 < 2 ? one : other).appendMessage(draftMessage({ id }), onceOf(name));
        }),
      );
      const stored = answers.flatMap((answer) => ('message' in answer ? [answer.message.id] : []));
      const taken = answers.flatMap((answer) => ('taken' in answer ? [answer.taken.messageId] : []));
      expect(stored).toHaveLength(1);
      expect(taken).toEqual(upTo(5).map(() => stored[0]));
    }
    const counts = await Promise.all(ids.map(async (id) => (await one.messages(id, page)).total));
    expect(counts.reduce((sum, count) => sum + count)).toBe(20);
  });

  it('see each other’s replies under an idempotency key', async () => {
    const { id } = await open();
    const once = onceOf('k');
    const asked = await one.appendMessage(draftMessage({ id }), once);
    await other.appendReply(draftMessage({ id }, { role: 'assistant' }), once.key);
    expect(await one.idempotencyEntry(once.key)).toMatchObject({ replySequence: 2 });
    const again = await other.appendMessage(draftMessage({ id }), once);
    expect(again).toMatchObject({ taken: { messageId: 'message' in asked && asked.message.id, replySequence: 2 } });
  });

  it('store what one of them had only claimed when it died', async () => {
    const { id } = await open();
    const lost = draftMessage({ id }, { text: 'of the dead' });
    const { key, ...rest } = onceOf('k');
    const claim = { conversationId: id, messageId: lost.id, ...rest, message: lost };
    const row = createKeys(prefix).once(idempotencyDigest(key));
    await server.client().set(row, JSON.stringify(claim));
    expect(await other.idempotencyEntry(key)).toBeUndefined();
    const answers = await Promise.all(
      [one, other].map((store) => store.appendMessage(draftMessage({ id }), { key, ...rest })),
    );
    for (const answer of answers) expect(answer).toMatchObject({ taken: { messageId: lost.id } });
    expect(texts((await one.messages(id, page)).entries)).toEqual(['of the dead']);
  });

  it('begin one conversation for ids that both bring at once, and list it once', async () => {
    for (const name of upTo(20).map(String)) {
      const publicIds = [
        { tenantId, space: 'session', id: name },
        { tenantId, space: 'chosen', id: name },
      ];
      const opened = await Promise.all(
        [one, other, one, other].map((store) => store.openConversation(draftConversation({ publicIds }))),
      );
      expect(opened.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(opened.map(({ conversation }) => conversation.id)).size).toBe(1);
    }
    const { entries, total } = await one.conversations({ tenantId }, page);
    expect([entries.length, total]).toEqual([20, 20]);
  });

  it('give each conversation a number of its own, and waste none', async () => {
    const numbered = async (store: Store, name: string) => {
      const publicIds = [{ tenantId, space: 'session', id: name }];
      const { conversation } = await store.openConversation(draftConversation({ publicIds, numberedIn: 'widget' }));
      return Number(conversation.publicIds['widget']);
    };
    const raced = await Promise.all(
      upTo(20).flatMap((name) => [numbered(one, `raced ${name}`), numbered(other, `raced ${name}`)]),
    );
    expect(new Set(raced).size).toBe(20);
    const late: number[] = [];
    for (const name of upTo(20)) late.push(await numbered(one, `late ${name}`));
    expect([...new Set([...raced, ...late])].sort((a, b) => a - b)).toEqual(upTo(40));
  });

  it('take what follows an opening that needs some steps in the order of the calls', async () => {
    for (const numberedIn of ['widget', 'other']) {
      const draft = draftConversation({ numberedIn });
      const { id } = draft.conversation;
      const opening = one.openConversation(draft);
      const said: Promise<unknown>[] = [];
      for (const count of upTo(20)) {
        said.push(one.appendMessage(draftMessage({ id }, { text: String(count) })));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all([opening, ...said]);
      expect(texts((await other.messages(id, page)).entries)).toEqual(upTo(20).map(String));
    }
  });

  it('give out each nudge once', async () => {
    const { id } = await open();
    const work = upTo(50).flatMap((count) => {
      const [giver, taker] = count % 2 === 0 ? [one, other] : [other, one];
      const given = giver.addNudge(id, { text: String(count), createdAt: '2026-01-01T00:00:00Z' });
      return [given.then(() => []), taker.takeNudges(id)];
    });
    const taken = [...(await Promise.all(work)), await one.takeNudges(id)].flat();
    expect(taken.map((nudge) => nudge.id).sort((a, b) => a - b)).toEqual(upTo(50));
  });

  it('merge what they change at once', async () => {
    const { id } = await open();
    const updatedAt = '2026-01-02T00:00:00Z';
    await Promise.all(
      upTo(40).map((count) =>
        (count % 2 === 0 ? one : other).changeConversation(id, {
          remoteIds: { [`backend ${count}`]: String(count) },
          collectedSequence: count,
          updatedAt,
        }),
      ),
    );
    const { remoteIds = {}, collectedSequence } = (await one.conversation(id)) ?? {};
    expect([Object.keys(remoteIds).length, collectedSequence]).toEqual([40, 40]);
  });
});
