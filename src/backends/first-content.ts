import type { Awaitable } from '../async/awaitable.ts';
import { type ChatEvent, defaultReplyBounds } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';

/** A step of reading a reply. */
export type Step = IteratorResult<readonly ChatEvent[], unknown>;

/** The end of what there is to read. */
export const noMore: Step = { done: true, value: undefined };

/** What a reply is read from. */
export type Source = AsyncIterator<readonly ChatEvent[], unknown, unknown>;

/**
 * Reads a reply up to its first content, and gives all of it as one batch: while nothing but signs of life has come, another
 * attempt or another backend can still take its place. Throws `upstream-protocol` if there is no content at all.
 */
export function readFirstContent(source: Source): Promise<Step> {
  const held: ChatEvent[] = [];
  let reads = 0;
  const take = (step: Step): Awaitable<Step> => {
    if (step.done) throw new GatewayError('upstream-protocol', 'The reply stream stopped before it said anything');
    if (held.length === 0 && step.value.some(isContent)) return step;
    held.push(...step.value);
    if (step.value.some(isContent)) return { done: false, value: held };
    reads += 1;
    if (reads + held.length <= defaultReplyBounds.maxEvents) return read();
    release(source);
    throw new GatewayError('upstream-protocol', 'The reply stream goes on without saying anything');
  };
  const read = (): Promise<Step> => source.next().then(take);
  return read();
}

function isContent(event: ChatEvent): boolean {
  switch (event.type) {
    case 'reply-start':
    case 'typing':
      return false;
    case 'text-delta':
      return event.text !== '';
    case 'items-found':
      return event.items.length > 0;
    case 'suggestions':
      return event.suggestions.length > 0;
    case 'reply-end':
      return true;
    default:
      return event satisfies never;
  }
}

/** Gives up the rest of a reply. Its backend may take its time to put its affairs in order: nobody waits for it. */
export function release(source: Source): void {
  try {
    source.return?.().then(undefined, () => undefined); // it was told why: what it throws now is that
  } catch {
    // as above
  }
}
