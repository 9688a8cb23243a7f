import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { storeContract } from '../../support/store-contract.ts';
import { draftConversation, draftMessage } from '../../support/store-drafts.ts';

storeContract('embedded', async () => {
  const path = await mkdtemp(join(tmpdir(), 'dragoman-store-'));
  return {
    open: (bounds) => openEmbeddedStore({ path, ...bounds }),
    remove: () => rm(path, { recursive: true }),
  };
});

describe('an embedded store that someone listens to', () => {
  it('tells of every conversation that is gone: swept out after the retention, or deleted on demand', async () => {
    const path = await mkdtemp(join(tmpdir(), 'dragoman-store-'));
    const gone: string[] = [];
    let sweptOut = () => {};
    const swept = new Promise<void>((resolve) => {
      sweptOut = resolve;
    });
    const whenDeleted = (id: string) => {
      gone.push(id);
      if (id === old.conversation.id) sweptOut();
    };
    const old = draftConversation({ createdAt: new Date(Date.now() - 3 * 86_400_000).toISOString() });
    const asked = draftConversation({ createdAt: new Date().toISOString() });
    const kept = draftConversation({ createdAt: new Date().toISOString() });
    const store = await openEmbeddedStore({ path, retentionDays: 2, sweepEveryMs: 5, whenDeleted });
    for (const draft of [asked, kept]) await store.openConversation(draft);
    await store.appendMessage(draftMessage(asked.conversation));
    expect(await store.deleteConversation(asked.conversation.id)).toBe(true);
    expect(await store.deleteConversation(asked.conversation.id)).toBe(false);
    await store.openConversation(old);
    await swept;
    expect(gone).toEqual([asked.conversation.id, old.conversation.id]);
    expect(await store.conversation(old.conversation.id)).toBeUndefined();
    await store.close();
    await rm(path, { recursive: true });
  });
});

describe('a folder where no files are kept', () => {
  it.skipIf(process.platform !== 'linux')('is told as such, and what to do', async () => {
    await expect(openEmbeddedStore({ path: '/proc/dragoman/data' })).rejects.toThrow(
      'The data folder /proc/dragoman/data cannot be opened: it is on a file system that keeps no files; set store.path to a folder on a disk',
    );
  });
});
