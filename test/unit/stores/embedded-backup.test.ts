import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { inventUploadName } from '../../../src/stores/images.ts';
import { draftConversation, draftMessage } from '../../support/store-drafts.ts';

const quota = { session: 1e9, site: 1e9, total: 1e9 };
const page = { offset: 0, limit: 100_000, order: 'ascending' } as const;

let path: string;
let folder: string;
let store: EmbeddedStore;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'dragoman-backup-'));
  folder = join(path, 'deep', 'backups');
  store = await openEmbeddedStore({ path: join(path, 'data') });
});
afterEach(async () => {
  await store.close();
  await rm(path, { recursive: true });
});

/** Talks in some conversations until it is told to stop; `said` has how many messages of each were acknowledged. */
function talk(said: Map<string, number>) {
  let isOver = false;
  const talkers = Array.from({ length: 6 }, async () => {
    const { id } = (await store.openConversation(draftConversation())).conversation;
    for (let count = 1; !isOver; count += 1) {
      await store.appendMessage(draftMessage({ id }, { text: `${count} ${'x'.repeat(2_000)}` }));
      said.set(id, count);
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(talkers);
  };
}

describe('a backup', () => {
  it('that is made under load is a store with all that was acknowledged before, each time of twenty', {
    timeout: 120_000,
  }, async () => {
    const said = new Map<string, number>();
    const end = talk(said);
    for (let round = 0; round < 20; round += 1) {
      while (said.size < 6) await store.check();
      const before = new Map(said);
      const { name, bytes } = await store.backUp({ folder });
      const restored = await openEmbeddedStore({ path: join(folder, name) });
      for (const [id, count] of before) {
        const { entries, total } = await restored.messages(id, page);
        expect(total).toBeGreaterThanOrEqual(count);
        expect(entries.map(({ text }) => Number(text.split(' ')[0]))).toEqual(entries.map((_, index) => index + 1));
      }
      expect(bytes).toBeGreaterThan(0);
      // It goes on as any store does.
      await restored.appendMessage(draftMessage({ id: [...before.keys()][0] ?? '' }));
      await restored.close();
      await rm(join(folder, name), { recursive: true });
    }
    await end();
  });

  it('takes the images along that the store knows, and no other file', async () => {
    const uploads = join(path, 'uploads');
    await mkdir(uploads);
    const [known, unknown, gone] = [0, 1, 2].map(() => inventUploadName('image/png')) as [string, string, string]; // three
    for (const name of [known, gone])
      await store.images.enter({ name, bytes: 5_000, enteredAt: 1, session: 's', site: 't' }, quota);
    for (const name of [known, unknown, 'note.txt']) await writeFile(join(uploads, name), name);
    const { name, images } = await store.backUp({ folder, uploads });
    expect(images).toBe(1);
    expect(await readdir(join(folder, name))).toEqual(['data.mdb', 'uploads']);
    expect(await readdir(join(folder, name, 'uploads'))).toEqual([known]);
    await rm(join(uploads, known));
    expect(await readFile(join(folder, name, 'uploads', known), 'utf8')).toBe(known);
    expect(await store.backUp({ folder, uploads: join(path, 'none') })).toMatchObject({ images: 0 });
  });

  it('is one at a time, and closing waits for it', async () => {
    const first = store.backUp({ folder });
    await expect(store.backUp({ folder })).rejects.toMatchObject({ code: 'conflict' });
    await store.close();
    const { name } = await first;
    await expect(store.backUp({ folder })).rejects.toMatchObject({ code: 'store-unavailable' });
    await (await openEmbeddedStore({ path: join(folder, name) })).close();
  });

  it('that was cut short has no name, and goes with the next one', async () => {
    await mkdir(join(folder, '2026-01-01T00-00-00.000Z.part'), { recursive: true });
    await mkdir(join(folder, 'mine'));
    const { name } = await store.backUp({ folder });
    expect((await readdir(folder)).sort()).toEqual([name, 'mine']);
  });

  it('leaves nothing where it cannot be made, and says why', async () => {
    await writeFile(join(path, 'file'), '');
    const inFile = store.backUp({ folder: join(path, 'file') });
    await expect(inFile).rejects.toThrow(`No backup can be made in ${join(path, 'file')}`);
  });
});
