import { getHeapStatistics } from 'node:v8';
import type { ChatEvent } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';

/** So much each reply may say however many others are under way, in characters. Our choice. */
const ownCharacters = 16_384;
/** What all may have said together beyond that, in characters: an eighth of V8's heap. Our choice. */
const sharedCharacters = getHeapStatistics().heap_size_limit / 8;
/** An event takes as much memory as so many characters, whatever it says; an item as much as so many more. Our choice. */
const eventCharacters = 64;
const itemCharacters = 1_024;
/** When a reply for which there was no room is worth another try, in milliseconds. Our choice. */
const retryAfterMs = 2_000;

/** What a reply has of the room. */
export interface ReplyShare {
  /** Makes room for what a reply has said. Throws `overloaded` where there is none. */
  grow(batch: readonly ChatEvent[]): void;
  /** Gives it back; harmless after that. */
  release(): void;
}

/** The room in memory for what all replies of a process have said that are not stored yet. */
export interface ReplyRoom {
  begin(): ReplyShare;
}

/** `whenFull` counts a reply that ends for want of room. */
export function createReplyRoom(whenFull: () => void): ReplyRoom {
  let taken = 0;
  return {
    begin() {
      let said = -ownCharacters;
      let mine = 0;
      return {
        grow(batch) {
          for (const event of batch) said += sizeOf(event);
          if (said <= mine) return;
          if (taken + said - mine > sharedCharacters) {
            whenFull();
            throw new GatewayError('overloaded', 'There is no room for the rest of the reply', { retryAfterMs });
          }
          taken += said - mine;
          mine = said;
        },
        release() {
          taken -= mine;
          mine = 0;
          said = Number.NEGATIVE_INFINITY;
        },
      };
    },
  };
}

function sizeOf(event: ChatEvent): number {
  if (event.type === 'text-delta') return event.text.length + eventCharacters;
  if (event.type === 'items-found') return event.items.length * itemCharacters + eventCharacters;
  return eventCharacters;
}
