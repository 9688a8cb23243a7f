import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSchema } from '../../../src/dialects/schema.ts';
import { maxMetadataBytes } from '../../../src/dialects/tenant-chats/metadata.ts';
import { type CommitQueue, createCommitQueue } from '../../../src/stores/embedded/commit-queue.ts';
import { changeConversation, openConversation } from '../../../src/stores/embedded/conversations.ts';
import { type Database, openDatabase } from '../../../src/stores/embedded/database.ts';
import { recordKey } from '../../../src/stores/embedded/keys.ts';
import { appendMessage } from '../../../src/stores/embedded/messages.ts';
import { draftConversation, draftMessage, minute } from '../../support/store-drafts.ts';

let path: string;
let database: Database;
let queue: CommitQueue;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'dragoman-cache-'));
  database = await openDatabase(path);
  queue = createCommitQueue(database);
});
afterEach(async () => {
  await database.close();
  await rm(path, { recursive: true });
});

/** The longest text that a field of a request's body admits, of characters that JSON writes in six. */
function longest(file: string, field: string, character = '\u0001'): string {
  const schema = readSchema(file) as {
    readonly properties: { readonly body: { readonly properties: Readonly<Record<string, { maxLength?: number }>> } };
  }; // our own file
  const limit = schema.properties.body.properties[field]?.maxLength;
  return character.repeat(limit ?? expect.fail(`${file} does not bound ${field}`));
}

describe('the cache of conversations', () => {
  it('holds the largest that a client can make, so that none is parsed again with every message', async () => {
    const wide = '"'.repeat(256);
    const draft = draftConversation({
      userId: wide,
      publicIds: [{ tenantId: 'shop', space: 'session', id: JSON.stringify([wide, wide]) }],
      numberedIn: 'widget',
    });
    const title = longest('tenant-chats/create-conversation.request.json', 'title');
    const metadata = { a: 'x'.repeat(maxMetadataBytes - '{"a":""}'.length) };
    const { id } = (
      await queue.run((rows) =>
        openConversation(rows, { ...draft, conversation: { ...draft.conversation, title, metadata } }),
      )
    ).conversation;
    const comment = longest('widget/rate-comment.request.json', 'comment');
    const rating = { score: 5, comment, ratedAt: minute(1) };
    const email = longest('widget/save-email.request.json', 'email', 'a');
    const contact = { email, phone: '"'.repeat(64), name: '"'.repeat(200) };
    await queue.run((rows) => changeConversation(rows, id, { rating, contact, updatedAt: minute(1) }));
    await queue.run((rows) =>
      appendMessage(rows, draftMessage({ id }), undefined, { now: Date.now, maxMessages: 100 }),
    );
    const record = database.get(recordKey(id));
    expect(record).toMatchObject({ title, metadata, rating, contact, messageCount: 1 });
    expect(database.get(recordKey(id))).toBe(record);
  });
});
