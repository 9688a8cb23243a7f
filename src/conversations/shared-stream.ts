import type { ChatEvent, ChatStream } from '../canonical/index.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';

/** One stream that several readers read from its beginning. */
export interface SharedStream {
  /** All of it, as it comes; ends by throwing the signal's reason when the reader leaves. */
  read(signal: AbortSignal): ChatStream;
  /** How many read it. */
  readers(): number;
}

export interface SharedSource {
  start(signal: AbortSignal): ChatStream;
  /** What becomes of the stream when its last reader has left. */
  readonly deserted: 'stop' | 'finish';
  /** Whether somebody in another process reads it: it goes on for them. A rejection is a no. */
  isReadElsewhere?(): Promise<boolean>;
  /** Stops one that goes on without readers. */
  readonly cutOff: AbortSignal;
  whenOver?(): void;
}

/** A reader that has asked for the next batch. */
interface Waiting {
  resolve(next: IteratorResult<readonly ChatEvent[], void>): void;
  reject(error: GatewayError): void;
}

const over = { done: true, value: undefined } as const;

/** How long an answer stands of whether it is read elsewhere, in milliseconds. */
const askAgainMs = 1_000;

/**
 * A stream that runs as its fastest reader reads. When its last reader has left (one that takes another's place keeps it running),
 * it stops, by the signal that `start` is given, or goes on by itself: to its end, or for as long as it is read elsewhere. What was
 * read is kept, and is as bounded as a reply is.
 */
export function createSharedStream(shared: SharedSource): SharedStream {
  const { start, deserted, cutOff, whenOver, isReadElsewhere } = shared;
  const stopped = new AbortController();
  const source = start(stopped.signal)[Symbol.asyncIterator]();
  const record: (readonly ChatEvent[])[] = [];
  let outcome: { readonly error?: GatewayError } | undefined;
  let pulling: Promise<void> | undefined;
  let readers = 0;

  /** Looks whether there is something for a reader that waits; one for each reader. */
  const looks = new Set<() => void>();

  function settle(took: { readonly error?: GatewayError } | undefined): void {
    outcome = took;
    pulling = undefined;
    if (outcome !== undefined) whenOver?.();
    for (const look of looks) look();
  }
  const fail = (thrown: unknown): void => settle({ error: toGatewayError(thrown) });
  /** Never rejects: what is thrown is the outcome, for every reader. */
  function pull(): Promise<void> {
    pulling ??= source.next().then(({ done, value }) => {
      if (!done) record.push(value);
      settle(done ? {} : undefined);
    }, fail);
    return pulling;
  }

  const leave = (): void => {
    readers -= 1;
    if (readers > 0 || outcome !== undefined) return;
    if (deserted === 'finish') void goOn();
    else if (isReadElsewhere === undefined) stop();
    else void goOn(isReadElsewhere);
  };

  const stop = (): void => {
    whenOver?.();
    stopped.abort(new GatewayError('client-closed', 'The last reader went away'));
    source.return?.().catch(() => undefined); // it was told why: what it throws now is that
  };

  /** Never rejects, as `pull` does not. Somebody may come and read along meanwhile, or finish it in this one's place. */
  const goOn = async (isWanted = () => Promise.resolve(true)): Promise<void> => {
    const isDeserted = (): boolean => outcome === undefined && readers === 0 && !stopped.signal.aborted;
    if (cutOff.aborted) stop();
    cutOff.addEventListener('abort', stop, { once: true });
    let askedAt = Number.NEGATIVE_INFINITY;
    let refusals = 1; // one is enough where nobody was ever there; between two readers elsewhere there may be a gap
    while (isDeserted()) {
      if (performance.now() - askedAt >= askAgainMs) {
        askedAt = performance.now();
        refusals = (await isWanted().catch(() => false)) ? 0 : refusals + 1;
      }
      if (refusals < 2) await pull();
      else if (isDeserted()) stop();
    }
    cutOff.removeEventListener('abort', stop);
  };

  return {
    readers: () => readers,
    read(signal) {
      let position = 0;
      let isOver = false;
      let waiting: Waiting | undefined;
      const enter = (): void => {
        if (looks.has(look)) return;
        readers += 1;
        looks.add(look);
        signal.addEventListener('abort', look, { once: true });
      };
      const exit = (): void => {
        isOver = true;
        if (!looks.delete(look)) return;
        signal.removeEventListener('abort', look);
        leave();
      };
      function look(): void {
        if (waiting === undefined) return;
        const { resolve, reject } = waiting;
        const batch = record[position];
        if (batch === undefined && outcome === undefined && !signal.aborted) {
          void pull();
          return;
        }
        waiting = undefined;
        position += 1;
        if (batch !== undefined) {
          resolve({ done: false, value: batch });
          return;
        }
        exit();
        if (outcome?.error !== undefined) reject(outcome.error);
        else if (outcome !== undefined) resolve(over);
        else reject(toGatewayError(signal.reason));
      }
      const reading: AsyncIterableIterator<readonly ChatEvent[], void> = {
        [Symbol.asyncIterator]: () => reading,
        next: () =>
          new Promise((resolve, reject) => {
            if (isOver) {
              resolve(over);
              return;
            }
            enter();
            waiting = { resolve, reject };
            look();
          }),
        return() {
          exit();
          waiting?.resolve(over);
          waiting = undefined;
          return Promise.resolve(over);
        },
      };
      return reading;
    },
  };
}
