import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inventUploadName, uploadTypeOf } from '../upload-names.ts';
import type { UploadStore } from '../upload-store.ts';

/**
 * Images in a folder, under names that we make up. `urlOf` gives the address at which a name is served. A file is written whole
 * and flushed under another name first, so that none is ever half there. The folder is made with the first.
 */
export function openLocalUploads(options: { readonly folder: string; urlOf(name: string): string }): UploadStore {
  const { folder, urlOf } = options;
  return {
    async save({ bytes, type }) {
      const name = inventUploadName(type);
      const draft = join(folder, `${name}.part`);
      await mkdir(folder, { recursive: true });
      await withFile(draft, 'wx', async (file) => {
        await file.writeFile(bytes);
        await file.sync();
      });
      await rename(draft, join(folder, name));
      await withFile(folder, 'r', (directory) => directory.sync());
      return { url: urlOf(name) };
    },
    async open(name) {
      const type = uploadTypeOf(name);
      if (type === undefined) return undefined;
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined); // a name that we would have given, and did not, or no more
      return found && { type, size: found.size, content: createReadStream(path) };
    },
  };
}

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
