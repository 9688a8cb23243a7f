import { open, stat } from 'node:fs/promises';
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { RejectedRow } from './catalog.ts';
import type { FieldErrors } from './field-errors.ts';
import { type CatalogSource, readProducts, unreadable } from './load.ts';
import { createPacker, type PackedProducts } from './packed-products.ts';

/** What a file holds, packed, and what of it could not be read. */
export interface PackedCatalog {
  readonly products: PackedProducts;
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
  readonly fieldErrors: FieldErrors;
}

/** Reads and packs a file of products as they are at a time, in milliseconds since 1970. Throws as `readProducts` does. */
export async function packCatalog(source: CatalogSource, now: number): Promise<PackedCatalog> {
  let packer = createPacker();
  const begin = () => {
    packer = createPacker();
    return packer.add;
  };
  const report = await readProducts(source, { now, begin });
  const products = await packer.pack().catch((cause: unknown) => {
    throw unreadable(source.file, cause);
  });
  return { products, ...report };
}

/** What the thread says: what it has packed, or why it has not. */
export type ThreadMessage = { readonly packed: PackedCatalog } | { readonly problem: string };

/** A file below it is read in a few milliseconds, and a thread takes longer to begin. Packed ones may be any size. */
const smallBytes = 262_144;
/** No file takes longer. Our choice. */
const mostMs = 600_000;
const mebibyte = 2 ** 20;

const threadFile = new URL('./pack-thread.js', import.meta.url);

/**
 * Packs a catalogue as `packCatalog` does, a large one in a thread of its own: others on the event loop do not wait for it, and a file that
 * takes more memory than there is ends the thread, not the process.
 */
export async function packInThread(source: CatalogSource, now: number): Promise<PackedCatalog> {
  // From its sources, as in tests, the program has no compiled thread.
  if (import.meta.url.endsWith('.ts') || (await isSmall(source.file))) return packCatalog(source, now);
  const memoryMb = threadMemory();
  const worker = new Worker(threadFile, {
    workerData: { source, now },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  const late = setTimeout(() => void worker.terminate(), mostMs);
  try {
    return await outcomeOf(worker, source.file, memoryMb);
  } finally {
    clearTimeout(late);
    await worker.terminate();
  }
}

function outcomeOf(worker: Worker, file: string, memoryMb: number): Promise<PackedCatalog> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void => reject(new Error(`The catalogue ${file} cannot be read: ${why}`));
    worker.on('message', (message: ThreadMessage) => {
      if ('packed' in message) resolve(message.packed);
      else reject(new Error(message.problem));
    });
    worker.on('error', (error: NodeJS.ErrnoException) =>
      refuse(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? `it takes more than the ${memoryMb} MiB of memory that there are for it`
          : error.message,
      ),
    );
    worker.on('exit', () => refuse('reading it took too long'));
  });
}

async function isSmall(file: string): Promise<boolean> {
  try {
    if ((await stat(file)).size > smallBytes) return false;
    const handle = await open(file);
    try {
      const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return buffer.readUInt16BE() !== 0x1f8b;
    } finally {
      await handle.close();
    }
  } catch {
    return true; // it is told by who reads it
  }
}

/** As much as this process may have itself, as far as the machine has it: half of what is free stays for others. */
export function threadMemory(): number {
  const free = process.availableMemory() / 2;
  return Math.max(64, Math.floor(Math.min(getHeapStatistics().heap_size_limit, free) / mebibyte));
}
