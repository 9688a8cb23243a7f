import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Catalog, openCatalog } from '../../../src/catalog/index.ts';

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

/** A file of this content, gone after the tests. */
export async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catalog-test-'));
  folders.push(folder);
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

/** A catalogue of a file of this name and content. */
export async function catalogOf(
  name: string,
  content: string | Buffer,
  settings: Omit<Parameters<typeof openCatalog>[0], 'file' | 'name'> = {},
): Promise<Catalog> {
  return openCatalog({ name: 'test', file: await fileOf(name, content), ...settings });
}

/** A catalogue of these products, by their fields. */
export function catalogOfRows(
  rows: readonly object[],
  settings: Omit<Parameters<typeof openCatalog>[0], 'file' | 'name'> = {},
): Promise<Catalog> {
  return catalogOf('products.ndjson', rows.map((row) => JSON.stringify(row)).join('\n'), settings);
}

export { itemOf, titlesFor } from '../../support/catalog-contract.ts';
