import { hash } from 'node:crypto';
import type { Turn } from '../canonical/index.ts';
import type { Backend } from './backend.ts';
import { carriedByAll, forwardsBy } from './capabilities.ts';
import { thoseWhoMeet } from './demands.ts';

export interface WeightsOptions {
  readonly name: string;
  /** At least one weight is more than 0. Closed by who made them. */
  readonly parts: readonly Weighted[];
}

interface Weighted {
  readonly backend: Backend;
  readonly weight: number;
}

/**
 * Divides conversations among backends by weight. A conversation stays with its backend, in every process and after every start; a
 * weight that changes moves only the conversations that it must. A turn goes to another one if its backend cannot do what
 * it demands. What goes to a backend that does not take it is left out.
 */
export function withWeights({ name, parts }: WeightsOptions): Backend {
  const eligible = parts.filter(({ weight }) => weight > 0);
  const backends = eligible.map(({ backend }) => backend);
  const chosenFor = (conversationId: string): Backend => choose(eligible, conversationId);
  const ableFor = (turn: Turn, conversationId: string): Backend =>
    choose(
      thoseWhoMeet(eligible, ({ backend }) => backend, turn),
      conversationId,
    );
  const forwards = forwardsBy((operation) => {
    if (!backends.some((backend) => backend.forwards?.[operation] !== undefined)) return undefined;
    return async (input, conversation, call) =>
      chosenFor(conversation.id).forwards?.[operation]?.(input, conversation, call);
  });
  return {
    name,
    kind: 'weighted',
    parts: backends,
    ...carriedByAll(backends),
    ...(forwards && { forwards }),
    answer: (turn, context, call) => ableFor(turn, context.conversation.id).answer(turn, context, call),
    waits: (conversation, turn) => ableFor(turn, conversation.id).waits?.(conversation, turn),
  };
}

/** Weighted rendezvous hashing: each part draws a lot for the conversation, and the highest lot has it. */
function choose(parts: readonly Weighted[], conversationId: string): Backend {
  let chosen: Backend | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (const { backend, weight } of parts) {
    const lot = weight / -Math.log(drawn(`${conversationId} ${backend.name}`));
    if (lot <= highest) continue;
    highest = lot;
    chosen = backend;
  }
  if (chosen === undefined) throw new Error('No backend has a weight above 0');
  return chosen;
}

/** A number between 0 and 1, neither of them, that the text decides. */
function drawn(text: string): number {
  return (hash('sha256', text, 'buffer').readUInt32BE() + 0.5) / 2 ** 32;
}
