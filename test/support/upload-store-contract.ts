import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inventUploadName } from '../../src/stores/images.ts';
import { type ImageType, imageEndings, type UploadStore } from '../../src/stores/upload-store.ts';

/** One place where images are kept. */
export interface UploadPlace {
  /** A store over what is kept there; `urlOf` is `urlOf` of the contract. Several may be open at the same time. */
  open(): Promise<UploadStore>;
  /** Removes what is kept there. */
  remove(): Promise<void>;
}

/** The address that the contract serves a name at. */
export const urlOf = (name: string) => `https://chat.example/uploads/${name}`;

/** The name in such an address. */
export const nameIn = (url: string) => url.slice(urlOf('').length);

const types = Object.keys(imageEndings) as ImageType[]; // Object.keys widens the keys of a constant table

/** Every promise of `UploadStore`, held against a kind of place. `prepare` gives an empty one for each test. */
export function uploadStoreContract(kind: string, prepare: () => Promise<UploadPlace>): void {
  describe(`uploads in a ${kind}`, () => {
    let place: UploadPlace;
    let store: UploadStore;
    beforeEach(async () => {
      place = await prepare();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close?.();
      await place.remove();
    });
    const save = async (bytes: Uint8Array, type: ImageType = 'image/png') =>
      nameIn((await store.save({ bytes, type })).url);
    const read = async (name: string, from = store) => {
      const found = await from.open(name);
      return found && { type: found.type, size: found.size, bytes: await buffer(found.content) };
    };

    it.each(types)('come back byte for byte, as %s', async (type) => {
      const bytes = randomBytes(1_000);
      const name = await save(bytes, type);
      expect(name).toMatch(new RegExp(`^[0-9a-f]{8}-[0-9a-f-]{27}\\.${imageEndings[type]}$`));
      expect(await read(name)).toEqual({ type, size: 1_000, bytes });
    });

    it.each([0, 1, 65_536, 5_000_000])('come back whole at %i bytes', async (size) => {
      const bytes = randomBytes(size);
      expect((await read(await save(bytes)))?.bytes.equals(bytes)).toBe(true);
    });

    it('may be a part of more bytes', async () => {
      const bytes = randomBytes(100);
      expect((await read(await save(new Uint8Array(bytes.buffer, bytes.byteOffset + 10, 20))))?.bytes).toEqual(
        bytes.subarray(10, 30),
      );
    });

    it('have a name of their own each, many at the same time', async () => {
      const images = Array.from({ length: 20 }, (_, at) => Buffer.from(`image ${at}`));
      const names = await Promise.all(images.map((bytes) => save(bytes)));
      expect(new Set(names).size).toBe(20);
      expect(await Promise.all(names.map(async (name) => (await read(name))?.bytes))).toEqual(images);
    });

    it('are gone when they were removed, and the others are not; what is gone can be removed again', async () => {
      const [name, other] = [await save(Buffer.from('image')), await save(Buffer.from('image'))];
      await store.remove(name);
      await store.remove(name);
      expect(await store.open(name)).toBeUndefined();
      expect((await read(other))?.size).toBe(5);
    });

    it('are not removed by a name that was never given', async () => {
      const name = await save(Buffer.from('image'));
      for (const near of [
        '',
        '.',
        '..',
        '/',
        `../${name}`,
        `./${name}`,
        `${name}.part`,
        '00000000-0000-4000-8000-000000000000.png',
      ]) {
        await store.remove(near);
      }
      expect((await read(name))?.size).toBe(5);
    });

    it('have the name that they are told to have', async () => {
      const name = inventUploadName('image/gif');
      expect(await store.save({ bytes: Buffer.from('image'), type: 'image/gif', name })).toEqual({ url: urlOf(name) });
      expect((await read(name))?.type).toBe('image/gif');
    });

    it('can be read as often as one likes', async () => {
      const name = await save(Buffer.from('image'));
      expect(await read(name)).toEqual(await read(name));
    });

    it('are there for another store at once, and when all were closed', async () => {
      const name = await save(Buffer.from('image'));
      const other = await place.open();
      expect((await read(name, other))?.bytes.toString()).toBe('image');
      await store.close?.();
      store = other;
      expect((await read(name))?.bytes.toString()).toBe('image');
    });

    it('need not be read', async () => {
      const name = await save(randomBytes(5_000_000));
      const found = await store.open(name);
      found?.content.destroy();
      expect((await read(name))?.size).toBe(5_000_000);
    });

    it('may be given up half-way', async () => {
      const name = await save(randomBytes(5_000_000));
      const found = await store.open(name);
      for await (const _piece of found?.content ?? []) break;
      expect(found?.content.destroyed).toBe(true);
      expect((await read(name))?.size).toBe(5_000_000);
    });

    it.each([
      'nothing.png',
      '00000000-0000-4000-8000-000000000000.png',
      '00000000-0000-4000-8000-000000000000',
      '00000000-0000-4000-8000-000000000000.svg',
      '../00000000-0000-4000-8000-000000000000.png',
      '00000000-0000-4000-8000-000000000000.png\n',
      '00000000-0000-4000-8000-000000000000.png?versionId=1',
      '',
      '.',
      '..',
      '/',
      '__proto__',
      'constructor',
      '\0',
      '\ud83d',
      'x'.repeat(10_000),
    ])('are not there under a name that was never given: %j', async (name) => {
      expect(await store.open(name)).toBeUndefined();
    });

    it('are not there under a name that is nearly one', async () => {
      const name = await save(Buffer.from('image'));
      for (const near of [name.toUpperCase(), ` ${name}`, name.replace('.png', '.gif'), `${name}.part`]) {
        expect(await store.open(near)).toBeUndefined();
      }
    });
  });
}
