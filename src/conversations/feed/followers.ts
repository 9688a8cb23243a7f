import type { Followed } from './notes.ts';

export type Carrier = 'http' | 'socket';

/** Who follows conversations in this process. */
export interface Followers {
  /** Counts a follower until it leaves; `leave` tells whether it was counted still, and whom it leaves behind. */
  enter(conversationId: string, carrier: Carrier): { leave(): Left | undefined };
  has(conversationId: string): boolean;
  /** How many follow a conversation. */
  countOf(conversationId: string): number;
  /** How a conversation is followed here. */
  of(conversationId: string): Followed;
  list(): readonly Followed[];
  /** Counts none of a conversation any more. */
  end(conversationId: string): void;
  /** How many conversations are followed. */
  readonly size: number;
}

export interface Left {
  /** How many followers there are still. */
  readonly rest: number;
}

interface Counts {
  http: number;
  socket: number;
}

export function createFollowers(): Followers {
  const followed = new Map<string, Counts>();
  return {
    enter(conversationId, carrier) {
      const counts = followed.get(conversationId) ?? { http: 0, socket: 0 };
      followed.set(conversationId, counts);
      counts[carrier] += 1;
      let hasLeft = false;
      return {
        leave() {
          if (hasLeft || followed.get(conversationId) !== counts) return undefined;
          hasLeft = true;
          counts[carrier] -= 1;
          const rest = counts.http + counts.socket;
          if (rest === 0) followed.delete(conversationId);
          return { rest };
        },
      };
    },
    countOf(conversationId) {
      const { http = 0, socket = 0 } = followed.get(conversationId) ?? {};
      return http + socket;
    },
    has: (conversationId) => followed.has(conversationId),
    of: (conversationId) => [conversationId, followed.get(conversationId)?.socket ?? 0],
    list: () => [...followed].map(([conversationId, { socket }]) => [conversationId, socket]),
    end: (conversationId) => void followed.delete(conversationId),
    get size() {
      return followed.size;
    },
  };
}
