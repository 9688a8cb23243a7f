import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../../src/canonical/index.ts';
import { createLookback } from '../../../src/conversations/lookback.ts';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import type { Store } from '../../../src/stores/store.ts';
import { emptyFolder, removeFolder } from '../../support/program.mjs';
import { draftConversation, draftMessage } from '../../support/store-drafts.ts';

let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await emptyFolder();
  store = await openEmbeddedStore({ path: folder });
});
afterAll(async () => {
  await store.close();
  await removeFolder(folder);
});

/** The store, and the characters of all that is read of it. */
function counted() {
  let characters = 0;
  const count = (messages: readonly Message[]): readonly Message[] => {
    characters += JSON.stringify(messages).length;
    return messages;
  };
  return {
    latestMessages: async (id: string, limit: number) => count(await store.latestMessages(id, limit)),
    messagesAfter: async (id: string, sequence: number, limit: number) =>
      count(await store.messagesAfter(id, sequence, limit)),
    read: () => characters,
  };
}

async function conversationOf(count: number, toldCharacters = 0): Promise<string> {
  const draft = draftConversation();
  const { id } = draft.conversation;
  await store.openConversation(draft);
  const told = { replyId: randomUUID(), history: [{ role: 'visitor' as const, text: 'x'.repeat(toldCharacters) }] };
  for (let at = 1; at <= count; at += 1)
    await store.appendMessage(draftMessage({ id }, { text: `${at}`, ...(toldCharacters > 0 && { told }) }));
  return id;
}

const textsOf = (messages: readonly Message[]) => messages.map(({ text }) => text);
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`);

describe('what a request goes on from', () => {
  it.each([
    [0, 1],
    [1, 1],
    [8, 1],
    [9, 1],
    [17, 1],
    [100, 1],
    [137, 38],
  ])('is the newest 100 messages, oldest first: of %i those from the %ith', async (count, first) => {
    const id = await conversationOf(count);
    expect(textsOf(await createLookback(store).messages(id))).toEqual(numbers(first, count));
  });

  it('is read until a million characters were told along, and not 25 million', async () => {
    const reading = counted();
    const id = await conversationOf(100, 250_000);
    const messages = await createLookback(reading).messages(id);
    expect(textsOf(messages)).toEqual(numbers(93, 100));
    expect(reading.read()).toBeLessThan(3_000_000);
  });

  it('is read once, however often it is asked for', async () => {
    const reading = counted();
    const lookback = createLookback(reading);
    const ids = [await conversationOf(3), await conversationOf(3)];
    await Promise.all(ids.map(lookback.messages));
    const once = reading.read();
    for (let again = 0; again < 100; again += 1) await lookback.messages(ids[again % 2] ?? '');
    expect(reading.read()).toBe(once);
  });

  it('is of four conversations at most', async () => {
    const lookback = createLookback(store);
    for (let at = 0; at < 4; at += 1) await lookback.messages(await conversationOf(1));
    await expect(lookback.messages(await conversationOf(1))).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
