import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLocalUploads } from '../../../src/stores/local-uploads/local-uploads.ts';
import { nameIn, uploadStoreContract, urlOf } from '../../support/upload-store-contract.ts';

uploadStoreContract('folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-uploads-'));
  return {
    open: async () => openLocalUploads({ folder, urlOf }),
    remove: () => rm(folder, { recursive: true }),
  };
});

describe('a folder of uploads', () => {
  it('holds the images and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dragoman-uploads-'));
    const store = openLocalUploads({ folder: join(folder, 'new'), urlOf });
    expect(await readdir(folder)).toEqual([]); // a gateway that is given no image needs no folder that it may write to
    const { url } = await store.save({ bytes: Buffer.from('image'), type: 'image/png' });
    expect(await readdir(join(folder, 'new'))).toEqual([nameIn(url)]);
    await rm(folder, { recursive: true });
  });
});
