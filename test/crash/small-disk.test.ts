import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../src/stores/embedded/index.ts';
import { openLocalUploads } from '../../src/stores/local-uploads/local-uploads.ts';
import { hasAll } from '../support/needs.ts';
import { canMount, mountDisk, type SmallDisk } from '../support/small-disk.ts';
import { buildStore, outcome, type StoreBuild } from '../support/store-build.ts';
import { draftConversation, draftMessage } from '../support/store-drafts.ts';

const fillings = 50;
const megabyte = 1_048_576;
const full = /: the disk of \S+ is full: 0\.\d MB are free, and 1\.0 MB are kept free$/;

if (hasAll({ 'a disk of our own (mount -t tmpfs)': canMount() })) {
  let build: StoreBuild;
  let disk: SmallDisk;
  beforeAll(async () => {
    build = await buildStore();
  });
  afterAll(() => build.remove());
  beforeEach(() => {
    disk = mountDisk(5);
  });
  afterEach(() => disk.remove());

  describe('a small disk', () => {
    it(`is filled ${fillings} times, by us and by others, and nothing that was acknowledged is lost`, async () => {
      const { output, errors, code, signal } = await outcome(
        build.start('store-filler.mjs', disk.path, String(fillings)),
      );
      expect({ errors, code, signal }).toEqual({ errors: '', code: 0, signal: null });
      const rounds = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(rounds).toHaveLength(fillings);
      for (const [at, round] of rounds.entries()) {
        expect(round, `filling ${at}`).toMatchObject({ lost: 0, refused: ['store-unavailable'], isRead: true });
        // By a neighbour, in every second filling, nothing may be left to note a deletion in.
        expect(round['isDeleted'] ?? at % 2 === 1, `filling ${at}`).toBe(true);
        expect(round['told'], `filling ${at}`).toContain('full');
      }
      // A filling of ours alone takes most of the disk.
      expect(Math.max(...rounds.map(({ kept }) => Number(kept)))).toBeGreaterThan(100);
    }, 120_000);

    it('takes no store where there is no room for one, and is left as it was', async () => {
      await disk.fill('hog');
      const path = join(disk.path, 'data');
      await expect(openEmbeddedStore({ path })).rejects.toThrow(full);
      expect(await readdir(disk.path)).toEqual(['hog']);
    });

    it('takes a store again that has no room to add to itself: what is there is read and can be deleted', async () => {
      const path = join(disk.path, 'data');
      const store = await openEmbeddedStore({ path });
      const { id } = (await store.openConversation(draftConversation())).conversation;
      for (let count = 0; count < 9; count += 1) {
        await store.appendMessage(draftMessage({ id }, { text: 'x'.repeat(8_000) }));
      }
      await store.close();
      await disk.fill('hog', megabyte / 2);
      const again = await openEmbeddedStore({ path });
      await expect(again.appendMessage(draftMessage({ id }))).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(again.check()).rejects.toMatchObject({ code: 'store-unavailable' });
      expect(await again.latestMessages(id, 100)).toHaveLength(9);
      await again.changeConversation(id, { collectedSequence: 3, updatedAt: new Date().toISOString() });
      expect(await again.deleteConversation(id)).toBe(true);
      await again.close();
      await disk.empty('hog');
      await disk.fill('hog');
      await expect(openEmbeddedStore({ path })).rejects.toThrow(full);
    });

    it('lets writing go on when what was deleted has left as much as is kept free', async () => {
      const store = await openEmbeddedStore({ path: join(disk.path, 'data') });
      const { id } = (await store.openConversation(draftConversation())).conversation;
      const say = () => store.appendMessage(draftMessage({ id }, { text: 'x'.repeat(8_000) }));
      await expect(Promise.all(Array.from({ length: 2_000 }, say))).rejects.toMatchObject({
        code: 'store-unavailable',
      });
      expect(await store.deleteConversation(id)).toBe(true);
      await expect
        .poll(() => store.openConversation(draftConversation()).catch(() => undefined), { timeout: 10_000 })
        .toBeDefined();
      await store.close();
    });

    it('that can only be read is told of so', async () => {
      disk.protect();
      await expect(openEmbeddedStore({ path: disk.path })).rejects.toThrow(
        `The data folder ${disk.path} cannot be opened: its disk can only be read`,
      );
    });
  });

  describe('a small disk of images', () => {
    const urlOf = (name: string) => name;
    const image = (bytes: number) => ({ bytes: Buffer.alloc(bytes), type: 'image/png' as const });

    it('is filled up to what is kept free, by many at once, and nothing is left of what was refused', async () => {
      const folder = join(disk.path, 'uploads');
      const uploads = openLocalUploads({ folder, urlOf });
      const saved = await Promise.allSettled(Array.from({ length: 12 }, () => uploads.save(image(megabyte / 2))));
      const refused = saved.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      expect(refused.length).toBeGreaterThan(3);
      for (const reason of refused) expect(reason).toMatchObject({ code: 'store-unavailable' });
      expect(await readdir(folder)).toHaveLength(saved.length - refused.length);
      expect(saved.length - refused.length).toBeGreaterThan(3);
      expect(await disk.freeBytes()).toBeGreaterThanOrEqual(megabyte);
      await uploads.close?.();
    });

    it('is rid of what a process left half-written', async () => {
      const folder = join(disk.path, 'uploads');
      await mkdir(folder);
      const name = `${crypto.randomUUID()}.png`;
      for (const file of [`${name}.part`, name, 'other.part']) await writeFile(join(folder, file), 'x');
      const uploads = openLocalUploads({ folder, urlOf });
      await expect.poll(() => readdir(folder)).toEqual(expect.not.arrayContaining([`${name}.part`]));
      expect((await readdir(folder)).toSorted()).toEqual([name, 'other.part'].toSorted());
      await uploads.close?.();
    });
  });
}
