import { open, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { CatalogItem } from './catalog-item.ts';
import { type CatalogSource, type Change, type LoadedProducts, loadProducts } from './load.ts';

/** What the thread says: products, changes to come, everything else at the end, or why there is none. */
export type ThreadMessage =
  | { readonly items: readonly CatalogItem[] }
  | { readonly changes: readonly Change[] }
  | { readonly rest: Omit<LoadedProducts, 'items' | 'changes'> }
  | { readonly problem: string };

/** A file below it is read in a few milliseconds, and a thread takes longer to begin. Packed ones may be any size. */
const smallBytes = 262_144;
/** No file takes longer. Our choice. */
const mostMs = 600_000;
/** What is left of this process's heap for what it is there for. */
const keptFree = 0.12;
const mebibyte = 2 ** 20;

const threadFile = new URL('./load-thread.js', import.meta.url);

/**
 * Reads a catalogue as `loadProducts` does, a large one in a thread of its own: others on the event loop wait for a few of its products
 * at a time, and a file that takes more memory than there is ends the thread, not the process. What this process has no room for is
 * refused as well.
 */
export async function loadInThread(source: CatalogSource, now: number): Promise<LoadedProducts> {
  // From its sources, as in tests, the program has no compiled thread.
  if (import.meta.url.endsWith('.ts') || (await isSmall(source.file))) return loadProducts(source, now);
  const memoryMb = threadMemory();
  const worker = new Worker(threadFile, {
    workerData: { source, now },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  const late = setTimeout(() => void worker.terminate(), mostMs);
  try {
    return await collect(worker, source.file, memoryMb);
  } finally {
    clearTimeout(late);
    await worker.terminate();
  }
}

function collect(worker: Worker, file: string, memoryMb: number): Promise<LoadedProducts> {
  const items: CatalogItem[] = [];
  const changes: Change[] = [];
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void => reject(new Error(`The catalogue ${file} cannot be read: ${why}`));
    const take = async (message: ThreadMessage): Promise<void> => {
      if ('problem' in message) reject(new Error(message.problem));
      else if ('rest' in message) resolve({ items, changes, ...message.rest });
      else {
        if ('items' in message) items.push(...message.items);
        else changes.push(...message.changes);
        if (!hasRoom()) {
          refuse('this process has no memory left for it: give it more by --max-old-space-size');
          return;
        }
        await setImmediate();
        worker.postMessage('more');
      }
    };
    worker.on('message', (message: ThreadMessage) => void take(message));
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
function threadMemory(): number {
  const free = process.availableMemory() / 2;
  return Math.max(64, Math.floor(Math.min(getHeapStatistics().heap_size_limit, free) / mebibyte));
}

function hasRoom(): boolean {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used < limit * (1 - keptFree);
}
