import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import { type FeedRefusal, FeedRefused } from '../field-errors.ts';
import { threadMemory } from '../pack-in-thread.ts';
import { type Filled, type Filling, fillCatalog } from './fill.ts';

/** What the thread says at its end. */
export type FillMessage =
  | { readonly filled: Filled }
  | { readonly problem: string; readonly refusal?: FeedRefusal; readonly code?: ErrorCode };

const threadFile = new URL('./fill-thread.js', import.meta.url);

/** Fills a catalogue as `fillCatalog` does, in a thread of its own: whoever is on the event loop notices nothing, and its memory is given back. */
export async function fillInThread(filling: Filling, signal: AbortSignal): Promise<Filled> {
  // From its sources, as in tests, the program has no compiled thread.
  if (import.meta.url.endsWith('.ts')) return fillCatalog(filling, signal);
  signal.throwIfAborted();
  const worker = new Worker(threadFile, {
    workerData: filling,
    resourceLimits: { maxOldGenerationSizeMb: threadMemory() },
  });
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop);
  try {
    const ended = once(worker, 'exit').then(
      (): FillMessage => ({ problem: 'The thread that fills the catalogue was ended' }),
    );
    const [said] = await Promise.race([
      once(worker, 'message') as Promise<[FillMessage]>,
      ended.then((message) => [message] as const),
    ]);
    if ('filled' in said) return said.filled;
    if (said.refusal !== undefined) throw new FeedRefused(said.refusal, said.problem);
    throw said.code === undefined ? new Error(said.problem) : new GatewayError(said.code, said.problem);
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
