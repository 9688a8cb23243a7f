import { setImmediate } from 'node:timers/promises';
import type { ChatEvent, ChatStream } from '../../canonical/index.ts';
import { defaultReplyBounds, defined } from '../../canonical/index.ts';
import { GatewayError, isErrorCode } from '../../errors/index.ts';
import { readBatch } from './read-batch.ts';

/** After so many batches that may have come at once others get a turn on the event loop. */
const batchesATurn = 64;

/**
 * What a module answers, run by `own`, as a stream of values of our own. What is no stream of batches of events, or has no end,
 * fails with `upstream-protocol`. An error has the code that it names, `Object.assign(new Error('…'), { code: 'upstream-unavailable' })`,
 * and is `upstream-failed` otherwise.
 */
export function moduleStream(backend: string, own: <T>(run: () => T) => T, answer: () => unknown): ChatStream {
  return {
    [Symbol.asyncIterator]() {
      let source: AsyncIterator<unknown> | undefined;
      let batches = 0;
      const next = async (): Promise<IteratorResult<readonly ChatEvent[], unknown>> => {
        batches += 1;
        if (batches % batchesATurn === 0) await setImmediate();
        if (batches > defaultReplyBounds.maxEvents) throw wrong(backend, 'says nothing without an end');
        source ??= own(() => iteratorOf(answer(), backend));
        const step = await own(() => source?.next());
        if (typeof step !== 'object') throw wrong(backend, 'gives no stream of batches');
        return step.done === true ? { done: true, value: undefined } : { done: false, value: read(step, backend) };
      };
      return {
        next: () =>
          next().catch((thrown: unknown) => {
            throw readError(thrown, backend);
          }),
        async return() {
          await own(() => source?.return?.());
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function iteratorOf(stream: unknown, backend: string): AsyncIterator<unknown> {
  const { [Symbol.asyncIterator]: open } = Object(stream) as Partial<AsyncIterable<unknown>>; // any object may have one
  if (typeof open !== 'function') throw wrong(backend, 'gives no stream of batches');
  const source: unknown = open.call(stream as AsyncIterable<unknown>); // it has one
  if (typeof (Object(source) as Partial<AsyncIterator<unknown>>).next !== 'function')
    throw wrong(backend, 'gives no stream of batches');
  return source as AsyncIterator<unknown>; // what it gives is looked at step by step
}

/** What is said may be anything, and look at us while it is read. */
function read(step: IteratorYieldResult<unknown>, backend: string): readonly ChatEvent[] {
  try {
    return readBatch(step.value);
  } catch (cause) {
    throw wrong(backend, 'gives what cannot be read', cause);
  }
}

const wrong = (backend: string, what: string, cause?: unknown): GatewayError =>
  new GatewayError('upstream-protocol', `The module of the backend ${backend} ${what}`, { cause });

/** What a module threw, by the code that it names; `upstream-failed` with its stack where it names none. */
function readError(thrown: unknown, backend: string): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  if (!(thrown instanceof Error)) return failed(backend, thrown);
  const { code, retryAfterMs } = thrown as { readonly code?: unknown; readonly retryAfterMs?: unknown }; // any error may have any field
  // A log tells a cause by its message: who wrote the module asks where.
  if (typeof code !== 'string' || !isErrorCode(code))
    return failed(backend, new Error(thrown.stack, { cause: thrown }));
  const wait = typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
  return new GatewayError(code, thrown.message, defined({ cause: thrown, retryAfterMs: wait }));
}

const failed = (backend: string, cause: unknown): GatewayError =>
  new GatewayError('upstream-failed', `The module of the backend ${backend} failed`, { cause });
