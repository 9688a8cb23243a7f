import type { ChatEvent } from '../canonical/index.ts';
import { toGatewayError } from '../errors/index.ts';
import type { Backend, Call } from './backend.ts';
import { carriedByAll } from './carried.ts';
import { consequences } from './failures.ts';
import { noMore, readFirstContent, type Source } from './first-content.ts';
import { forwardsBy } from './forwards.ts';
import type { WatchBackends } from './watch.ts';

export interface FallbackOptions {
  readonly name: string;
  /** Never empty. Closed by who made them. */
  readonly parts: readonly Backend[];
  readonly watch: WatchBackends;
}

/**
 * The first of several backends that answers: the next one is asked while nothing of the reply was delivered, and the last failure
 * is thrown. A contact or a rating goes to the first that takes it.
 */
export function withFallback({ name, parts, watch }: FallbackOptions): Backend {
  const eachOf = createSwitch(parts, watch);
  const carries = carriedByAll(parts);
  const forwards = forwardsBy((operation) => {
    const taking = parts.filter(({ forwards }) => forwards?.[operation] !== undefined);
    if (taking.length === 0) return undefined;
    const eachTaking = createSwitch(taking, watch);
    return (input, conversation, call) =>
      eachTaking(call, async ({ forwards }) => forwards?.[operation]?.(input, conversation, call));
  });
  return {
    name,
    ...(carries && { carries }),
    ...(forwards && { forwards }),
    waits: (conversation) => longest(parts.map((part) => part.waits?.(conversation))),
    answer(turn, context, call) {
      let asked: Source | undefined;
      let speaking: Source | undefined;
      const open = () =>
        eachOf(call, async (part) => {
          const source: Source = part.answer(turn, context, call)[Symbol.asyncIterator]();
          asked = source;
          const first = await readFirstContent(source);
          speaking = source;
          return first;
        });
      return {
        next: () => (speaking === undefined ? open() : speaking.next()),
        return: async () => (await asked?.return?.()) ?? noMore,
        [Symbol.asyncIterator]() {
          return this;
        },
      } satisfies AsyncIterableIterator<readonly ChatEvent[], unknown>;
    },
  };
}

/** Of several waits: any of the parts may come to be asked. */
function longest(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((waitMs) => waitMs !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Tries parts in turn until one succeeds. */
function createSwitch(parts: readonly Backend[], watchOf: WatchBackends) {
  const steps = parts.map((part, position) => ({ part, next: parts[position + 1], watch: watchOf(part.name) }));
  return async <T>(call: Call, attempt: (part: Backend) => Promise<T>): Promise<T> => {
    for (const { part, next, watch } of steps) {
      try {
        return await attempt(part);
      } catch (thrown) {
        const error = toGatewayError(call.signal.aborted ? call.signal.reason : thrown);
        if (next === undefined || call.signal.aborted || !consequences[error.code].switches) throw error;
        watch.switched({ to: next.name, code: error.code, requestId: call.requestId });
      }
    }
    throw new Error('There was nobody to ask');
  };
}
