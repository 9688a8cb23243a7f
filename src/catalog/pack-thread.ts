import { parentPort, workerData } from 'node:worker_threads';
import type { CatalogSource } from './load.ts';
import { packCatalog, type ThreadMessage } from './pack-in-thread.ts';

/** Packs a catalogue in a thread of its own. The memory that it hands over is shared: nothing of it is copied. */
async function run(port: NonNullable<typeof parentPort>): Promise<void> {
  const { source, now } = workerData as { readonly source: CatalogSource; readonly now: number }; // what `packInThread` gives
  try {
    port.postMessage({ packed: await packCatalog(source, now) } satisfies ThreadMessage);
  } catch (failure) {
    port.postMessage({ problem: failure instanceof Error ? failure.message : String(failure) } satisfies ThreadMessage);
  }
  port.close();
}

if (parentPort !== null) await run(parentPort);
