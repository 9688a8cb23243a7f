import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { draftConversation, draftMessage } from '../../support/store-drafts.ts';

let path: string;
let file: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'dragoman-folder-'));
  file = join(path, 'data.mdb');
});
afterEach(() => rm(path, { recursive: true }));

/** Fills a folder with a conversation of many messages. */
async function fill(): Promise<string> {
  const store = await openEmbeddedStore({ path });
  const { id } = (await store.openConversation(draftConversation())).conversation;
  const text = 'x'.repeat(500);
  await Promise.all(Array.from({ length: 500 }, () => store.appendMessage(draftMessage({ id }, { text }))));
  await store.close();
  return id;
}

const refusal = (reason: string) => `The data folder ${path} cannot be opened: ${reason}`;

describe('the data folder', () => {
  it('is made, with those above it', async () => {
    const deep = join(path, 'a', 'b.c');
    const store = await openEmbeddedStore({ path: deep });
    await store.check();
    await store.close();
    expect((await readFile(join(deep, 'data.mdb'))).length).toBeGreaterThan(0);
  });

  it('may hold other files, and may have been made by a process that ended at once', async () => {
    await mkdir(join(path, 'uploads'));
    await writeFile(file, '');
    const store = await openEmbeddedStore({ path });
    await expect(store.check()).resolves.toBeUndefined();
    await store.close();
  });

  it('is had once: a second opening is refused, and does the first no harm', async () => {
    const store = await openEmbeddedStore({ path });
    await expect(openEmbeddedStore({ path })).rejects.toThrow(refusal('it is in use by another process'));
    const { id } = (await store.openConversation(draftConversation())).conversation;
    expect(await store.conversation(id)).toMatchObject({ id });
    await expect(openEmbeddedStore({ path })).rejects.toThrow(refusal('it is in use by another process'));
    await store.close();
    const again = await openEmbeddedStore({ path });
    expect(await again.conversation(id)).toMatchObject({ id });
    await again.close();
  });

  it.each([
    ['text', Buffer.from('hello\n'.repeat(5000))],
    ['zeros', Buffer.alloc(20_000)],
    ['a few bytes', Buffer.from('x')],
    ['a picture', Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.alloc(9000, 7)])],
  ])('is refused if its file is something else: %s', async (_name, bytes) => {
    await writeFile(file, bytes);
    await expect(openEmbeddedStore({ path })).rejects.toThrow(refusal('data.mdb is not a data file'));
    expect(await readFile(file)).toEqual(bytes);
  });

  it.each([0.5, 0.1])('is refused if its file was cut off to %d of its size', async (share) => {
    await fill();
    await truncate(file, Math.floor((await readFile(file)).length * share));
    await expect(openEmbeddedStore({ path })).rejects.toThrow(refusal('data.mdb is cut off'));
  });

  it('is refused if its first page was overwritten', async () => {
    await fill();
    const bytes = await readFile(file);
    bytes.fill(0xaa, 0, 4096);
    await writeFile(file, bytes);
    await expect(openEmbeddedStore({ path })).rejects.toThrow(refusal('data.mdb is not a data file'));
  });

  it('opens whatever the lock file holds', async () => {
    const id = await fill();
    await writeFile(join(path, 'lock.mdb'), 'x'.repeat(8192));
    const store = await openEmbeddedStore({ path });
    expect((await store.messagesAfter(id, 499, 9)).map(({ sequence }) => sequence)).toEqual([500]);
    await store.close();
  });

  it.each([
    ['a newer version', 'format', '2', 'its format is 2 and this version reads up to 1'],
    ['another program', 'anything', '1', 'it holds the data of another program'],
    ['another program that has a format too', 'format', '"x"', 'it holds the data of another program'],
  ])('is refused if it is of %s', async (_name, key, text, reason) => {
    const other = open<string, string>({ path, encoding: 'string', overlappingSync: false });
    await other.put(key, text);
    await other.close();
    await expect(openEmbeddedStore({ path })).rejects.toThrow(refusal(reason));
    await expect(openEmbeddedStore({ path })).rejects.toThrow(refusal(reason));
  });

  it('is refused if it is a file', async () => {
    await writeFile(join(path, 'file'), 'hello');
    const inside = openEmbeddedStore({ path: join(path, 'file') });
    await expect(inside).rejects.toThrow(`The data folder ${join(path, 'file')} cannot be opened`);
  });
});
