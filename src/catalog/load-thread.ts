import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { type CatalogSource, loadProducts } from './load.ts';
import type { ThreadMessage } from './load-in-thread.ts';

/** As many as others wait for while they are taken in. */
const batchSize = 200;

/** Reads a catalogue in a thread of its own, and hands it over piece by piece, each when it is asked for. */
async function run(port: NonNullable<typeof parentPort>): Promise<void> {
  const { source, now } = workerData as { readonly source: CatalogSource; readonly now: number }; // what `loadInThread` gives
  const hand = async (message: ThreadMessage): Promise<void> => {
    port.postMessage(message);
    await once(port, 'message');
  };
  try {
    const { items, changes, ...rest } = await loadProducts(source, now);
    for (let at = 0; at < items.length; at += batchSize) await hand({ items: items.slice(at, at + batchSize) });
    for (let at = 0; at < changes.length; at += batchSize) await hand({ changes: changes.slice(at, at + batchSize) });
    port.postMessage({ rest } satisfies ThreadMessage);
  } catch (failure) {
    port.postMessage({ problem: failure instanceof Error ? failure.message : String(failure) } satisfies ThreadMessage);
  }
  port.close();
}

if (parentPort !== null) await run(parentPort);
