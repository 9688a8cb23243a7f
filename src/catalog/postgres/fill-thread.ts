import { parentPort, workerData } from 'node:worker_threads';
import { GatewayError } from '../../errors/index.ts';
import { FeedRefused } from '../field-errors.ts';
import { type Filling, fillCatalog } from './fill.ts';
import type { FillMessage } from './fill-in-thread.ts';

/** Fills a catalogue in a thread of its own, and says what came of it. */
async function run(): Promise<FillMessage> {
  try {
    return { filled: await fillCatalog(workerData as Filling) }; // what `fillInThread` gives
  } catch (failure) {
    const problem = failure instanceof Error ? failure.message : String(failure);
    if (failure instanceof FeedRefused) return { problem, refusal: failure.reason };
    return failure instanceof GatewayError ? { problem, code: failure.code } : { problem };
  }
}

if (parentPort !== null) {
  parentPort.postMessage(await run());
  parentPort.close();
}
