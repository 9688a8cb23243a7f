import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCommitQueue } from '../../../src/stores/embedded/commit-queue.ts';
import { openDatabase } from '../../../src/stores/embedded/database.ts';
import type { Load } from '../../../src/stores/embedded/growth.ts';

/** Rows that are written or removed by a change, by their number and length. */
const change = fc.array(
  fc.tuple(fc.nat({ max: 400 }), fc.oneof(fc.constant(undefined), fc.nat({ max: 200 }), fc.nat({ max: 30_000 }))),
  { minLength: 1, maxLength: 60 },
);
const key = (number: number) => `c/${String((number * 7_919) % 100_003).padStart(80, '0')}`;

it('every page that a commit adds to the data file was written before it, with room for the next ones', async () => {
  const path = await mkdtemp(join(tmpdir(), 'dragoman-room-'));
  const database = await openDatabase(path);
  const lengthOf = async () => (await stat(join(path, 'data.mdb'))).size;
  let made = 0;
  const queue = createCommitQueue({
    ...database,
    room: {
      ...database.room,
      refusal: undefined,
      async make(load: Load, mayUseReserve: boolean) {
        await database.room.make(load, mayUseReserve);
        made = await lengthOf();
      },
    },
    async commit(writes) {
      await database.commit(writes);
      expect(await lengthOf()).toBe(made);
    },
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 8 }), async (changes) => {
      const done = changes.map((rows) =>
        queue.run((draft) => {
          for (const [number, length] of rows) {
            if (length === undefined) draft.remove(key(number));
            else draft.put(key(number), 'ö'.repeat(length / 2));
          }
        }),
      );
      await Promise.all(done);
    }),
    { numRuns: 60 },
  );
  await database.close();
  await rm(path, { recursive: true });
});
