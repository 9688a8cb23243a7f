import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exportStore } from '../../../src/archive/export.ts';
import { importLines } from '../../../src/archive/import.ts';
import { schemaGuard } from '../../../src/dialects/schema.ts';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { openRedisStore } from '../../../src/stores/redis/index.ts';
import type { Store } from '../../../src/stores/store.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { auditEntry } from '../../support/store-contract-audit.ts';
import { draftConversation, draftMessage, minute } from '../../support/store-drafts.ts';

const tenantId = 'shop';
const quota = { session: 1e9, site: 1e9, total: 1e9 };
const scope = { spaces: [{ tenantId: 'empty', space: 'widget' }], migrations: ['storefront', 'unbegun'] };
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function openFolder(): Promise<Store> {
  const path = await mkdtemp(join(tmpdir(), 'dragoman-archive-'));
  opened.push(() => rm(path, { recursive: true }));
  const store = await openEmbeddedStore({ path });
  opened.push(() => store.close());
  return store;
}

async function textOf(store: Store): Promise<string> {
  let text = '';
  for await (const part of exportStore(store, scope)) text += part;
  return text;
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n').filter((line) => line !== '');
}

/** Conversations of all kinds, and what stands beside them. */
async function fill(store: Store): Promise<void> {
  for (let count = 0; count < 20; count += 1) {
    const publicIds = [{ tenantId, space: 'session', id: `visitor ${count}` }];
    const numberedIn = count % 2 === 0 ? { numberedIn: 'widget' } : {};
    const draft = draftConversation({ publicIds, ...numberedIn, ...(count % 3 === 0 && { userId: `u${count}` }) });
    const { id } = (await store.openConversation(draft)).conversation;
    const said = Array.from({ length: count * 6 }, (_, index) => {
      const role = index % 3 === 0 ? 'operator' : 'visitor';
      return draftMessage({ id }, { role, text: `“${index}” \ud800`, metadata: { b: 1, a: 2 } });
    });
    await Promise.all(said.map((message) => store.appendMessage(message)));
    const told = { replyId: 'r', history: [{ role: 'tool', text: 'x', callId: 'c' }] } as const;
    await store.appendMessage(draftMessage({ id }, { told, calls: [{ id: 'c', name: 'n', arguments: '{}' }] }));
    await store.addNudge(id, { text: 'Hi', createdAt: minute(2) });
    if (count % 4 === 0) await store.takeNudges(id);
    await store.changeConversation(id, { contact: { email: 'a@b.c' }, remoteIds: { up: 'r' }, updatedAt: minute(3) });
    await store.changeConversation(id, { contact: { name: 'Ann' }, collectedSequence: 2, updatedAt: minute(4) });
    const image = { bytes: 5_000, enteredAt: 1, session: 's', site: 't' };
    for (const name of [`b${count}`, `a${count}`])
      await store.images.enter({ ...image, name, conversationId: id }, quota);
    await store.images.enter({ ...image, name: `n${count}` }, quota);
  }
  const { conversation } = await store.openConversation(draftConversation({ numberedIn: 'widget' }));
  await store.deleteConversation(conversation.id);
  const acts = Array.from({ length: 210 }, (_, index) => auditEntry(index * 1_000, { tenantId: `t${index % 3}` }));
  await Promise.all(acts.map((entry) => store.audit.enter(entry)));
  const state = { name: 'storefront', stage: 'shadow', since: minute(1), revision: 1 } as const;
  await store.migrations.change(state, { at: minute(1), by: 'anna', to: 'shadow', why: 'because' });
}

describe('an export', () => {
  let text: string;
  beforeAll(async () => {
    const store = await openFolder();
    await fill(store);
    text = await textOf(store);
  });

  it('is lines by their schema, each of them read back as it was', () => {
    const guard = schemaGuard('export.json');
    for (const line of text.trimEnd().split('\n')) {
      expect(guard.violations(JSON.parse(line))).toEqual([]);
      expect(JSON.stringify(JSON.parse(line))).toBe(line);
    }
    expect(text).not.toMatch(/embedded|redis/i);
  });

  it('put into another store is the same export there, and put twice is there once', async () => {
    const store = await openFolder();
    const { read, added, different } = await importLines(store, linesOf(text));
    expect(read).toEqual({ conversations: 20, messages: 1160, images: 60, entries: 210, migrations: 1 });
    expect(added).toMatchObject({ conversations: 20, messages: 1160, images: 60, migrations: 1 });
    expect(different).toBe(0);
    expect(await textOf(store)).toBe(text);
    const again = await importLines(store, linesOf(text));
    expect(again).toMatchObject({ added: { conversations: 0, messages: 0, images: 0, migrations: 0 }, different: 0 });
    expect(await textOf(store)).toBe(text);
    // Who was known is known, and no number is given twice.
    expect(await store.ensureUser({ tenantId, userId: 'u3' })).toBe(false);
    const { conversation } = await store.openConversation(draftConversation({ numberedIn: 'widget' }));
    expect(conversation.publicIds).toEqual({ widget: '12' });
  });

  it('that was cut off anywhere is told as such, and ends well when it is begun again', async () => {
    const store = await openFolder();
    for (const share of [0, 0.1, 0.35, 0.36, 0.7, 0.95]) {
      const part = text.slice(0, Math.floor(text.length * share));
      await expect(importLines(store, linesOf(part))).rejects.toThrow(
        /^Line \d+ is (missing: the export was cut off|not JSON)/,
      );
    }
    expect(await importLines(store, linesOf(text))).toMatchObject({ different: 0 });
    expect(await textOf(store)).toBe(text);
  });

  it('of which a store did not take some messages leaves no later ones of theirs there, and ends well when it is begun again', async () => {
    const from = await openFolder();
    const { id } = (await from.openConversation(draftConversation())).conversation;
    for (let count = 0; count < 250; count += 1) await from.appendMessage(draftMessage({ id }, { text: `${count}` }));
    const lines = await textOf(from);
    const store = await openFolder();
    let refusals = 1;
    const refusing: Store = {
      ...store,
      archive: {
        ...store.archive,
        putMessages: async (...put) => {
          refusals -= 1;
          if (refusals >= 0) throw new Error('not now');
          return store.archive.putMessages(...put);
        },
      },
    };
    await expect(importLines(refusing, linesOf(lines))).rejects.toThrow('not now');
    expect(await importLines(refusing, linesOf(lines))).toMatchObject({ added: { messages: 250 }, different: 0 });
    expect(await textOf(store)).toBe(lines);
  });

  it('leaves what stands there otherwise, and says what it is', async () => {
    const store = await openFolder();
    await importLines(store, linesOf(text));
    const { entries } = await store.conversations({ tenantId }, { offset: 0, limit: 1, order: 'descending' });
    const [{ id } = { id: '' }] = entries;
    await store.changeConversation(id, { title: 'Other', updatedAt: minute(8) });
    const before = await textOf(store);
    const { different, differences } = await importLines(store, linesOf(text));
    expect({ different, differences }).toEqual({ different: 1, differences: [`conversation ${id}`] });
    expect(await textOf(store)).toBe(before);
  });

  const version = '{"kind":"export","version":1}';
  const end = (conversations = 0) =>
    JSON.stringify({ kind: 'end', conversations, messages: 0, images: 0, entries: 0, migrations: 0 });
  it.each([
    ['nothing', '', 'Line 1 is missing: the export was cut off'],
    ['other text', 'hello', 'Line 1 is not JSON'],
    ['another JSON', '{"a":1}', 'Line 1 is none of an export: kind must have required property'],
    ['no beginning', end(), 'Line 1 is not the first line of one export'],
    ['two exports', `${version}\n${version}`, 'Line 2 is not the first line of one export'],
    [
      'a newer version',
      '{"kind":"export","version":2}',
      'Line 1 is of version 2, and this program reads up to 1: use a newer one',
    ],
    ['no end', version, 'Line 2 is missing: the export was cut off'],
    ['a wrong count', `${version}\n${end(1)}`, 'Line 2 counts other lines than came before it'],
    ['more after the end', `${version}\n${end()}\n${end()}`, 'Line 3 comes after the end'],
    [
      'a stray message',
      `${version}\n${JSON.stringify({ kind: 'message', message: { sequence: 1, ...draftMessage({ id: '0b2ae6ac-5b2e-4d64-8a3b-6a1d3f6c0000' }) } })}`,
      'Line 2 is a message that does not follow its conversation',
    ],
    [
      'a field that is none',
      `${version}\n{"kind":"numbers","tenantId":"t","space":"s","last":"5"}`,
      'Line 2 is none of an export: last must be integer',
    ],
  ])('is refused where it is %s', async (_name, lines, reason) => {
    const store = await openFolder();
    await expect(importLines(store, linesOf(lines))).rejects.toThrow(reason);
  });
});

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('an export of Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.remove());

  it('has the bytes of an embedded store that holds the same, there and back, also where each began the conversations', {
    timeout: 120_000,
  }, async () => {
    const folders = [await openFolder(), await openFolder()] as const;
    const openRedis = async (prefix: string): Promise<Store> => {
      const store = await openRedisStore({ place: { url: server.url }, prefix });
      opened.push(() => store.close());
      return store;
    };
    const redis = [await openRedis('one'), await openRedis('other')] as const;
    for (const [from, to, back] of [
      [folders[0], redis[0], folders[1]],
      [redis[1], folders[1], redis[0]],
    ] as const) {
      await fill(from);
      const text = await textOf(from);
      await importLines(to, linesOf(text));
      if (to === redis[0]) expect(await textOf(to)).toBe(text);
      await importLines(back, linesOf(await textOf(to)));
      if (back === folders[1]) expect(await textOf(back)).toBe(text);
    }
  });
});
