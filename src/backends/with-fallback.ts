import type { ChatEvent } from '../canonical/index.ts';
import { type ErrorCode, type GatewayError, toGatewayError } from '../errors/index.ts';
import type { Backend, Call } from './backend.ts';
import { carriedByAll, forwardsBy } from './capabilities.ts';
import { thoseWhoMeet } from './demands.ts';
import { consequences } from './failures.ts';
import { noMore, readFirstContent, type Source } from './first-content.ts';
import type { WatchBackends } from './watch.ts';

export interface FallbackOptions {
  readonly name: string;
  /** Never empty. Closed by who made them. */
  readonly parts: readonly Backend[];
  readonly watch: WatchBackends;
  /** After which failures the next one is asked, among those after which it can be; all of them, if it does not say. */
  readonly on?: ReadonlySet<ErrorCode> | undefined;
}

/**
 * The first of several backends that answers: the next one is asked while nothing of the reply was delivered, and the last failure
 * is thrown. Whoever cannot do what a turn demands is passed over. A contact or a rating goes to the first that takes it.
 */
export function withFallback({ name, parts, watch, on }: FallbackOptions): Backend {
  const switches = ({ code }: GatewayError): boolean => consequences[code].switches && (on?.has(code) ?? true);
  const eachOf = createSwitch(parts, { watch, switches });
  const forwards = forwardsBy((operation) => {
    const taking = parts.filter(({ forwards }) => forwards?.[operation] !== undefined);
    if (taking.length === 0) return undefined;
    const eachTaking = createSwitch(taking, { watch, switches });
    return (input, conversation, call) =>
      eachTaking(call, async ({ forwards }) => forwards?.[operation]?.(input, conversation, call));
  });
  return {
    name,
    kind: 'fallback',
    parts,
    ...carriedByAll(parts),
    ...(forwards && { forwards }),
    waits: (conversation, turn) =>
      longest(thoseWhoMeet(parts, (part) => part, turn).map((part) => part.waits?.(conversation, turn))),
    answer(turn, context, call) {
      const able = thoseWhoMeet(parts, (part) => part, turn);
      const eachAble = able === parts ? eachOf : createSwitch(able, { watch, switches });
      let asked: Source | undefined;
      let speaking: Source | undefined;
      const open = () =>
        eachAble(call, async (part) => {
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

interface Switching {
  readonly watch: WatchBackends;
  switches(error: GatewayError): boolean;
}

/** Tries parts in turn until one succeeds. */
function createSwitch(parts: readonly Backend[], { watch: watchOf, switches }: Switching) {
  const steps = parts.map((part, position) => ({ part, next: parts[position + 1], watch: watchOf(part.name) }));
  return async <T>(call: Call, attempt: (part: Backend) => Promise<T>): Promise<T> => {
    for (const { part, next, watch } of steps) {
      try {
        return await attempt(part);
      } catch (thrown) {
        const error = toGatewayError(call.signal.aborted ? call.signal.reason : thrown);
        if (next === undefined || call.signal.aborted || !switches(error)) throw error;
        watch.switched({ to: next.name, code: error.code, requestId: call.requestId });
      }
    }
    throw new Error('There was nobody to ask');
  };
}
