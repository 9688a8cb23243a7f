import { type ChatEvent, defaultReplyBounds } from '../../canonical/index.ts';
import { schemaGuard } from '../../dialects/schema.ts';

const guard = schemaGuard<ChatEvent>('canonical/event.json', { open: true });

/** As deep and as many as an upstream's may be. Our choice. */
const maxDepth = 64;
const maxValues = 200_000;
/** As long as the longest text and all items of a reply together. */
const maxCharacters = defaultReplyBounds.maxCharacters + defaultReplyBounds.maxItemCharacters;

/** What is left of what one batch may hold. */
interface Room {
  values: number;
  characters: number;
}

/**
 * A batch of events as a module says it, as values of our own: each of its fields is read once, and no more of it than a reply may
 * hold. Throws where it is no such batch, and whatever reading it throws.
 */
export function readBatch(batch: unknown): readonly ChatEvent[] {
  if (!Array.isArray(batch)) throw new TypeError('A batch is a list of events');
  const room = { values: maxValues, characters: maxCharacters };
  const events: ChatEvent[] = [];
  for (let at = 0; at < batch.length; at += 1) events.push(readEvent(batch[at], room));
  return events;
}

function readEvent(value: unknown, room: Room): ChatEvent {
  const event = copy(value, room, maxDepth);
  if (guard.accepts(event)) return event;
  const [violation] = guard.violations(event);
  throw new TypeError(`An event is none: ${violation?.path.join('.') ?? ''} ${violation?.message ?? ''}`);
}

function copy(value: unknown, room: Room, depth: number): unknown {
  room.values -= 1;
  if (typeof value === 'string') room.characters -= value.length;
  if (room.values < 0 || room.characters < 0) throw new RangeError('A batch holds more than a reply may');
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    throw new TypeError(`A ${typeof value} is no value of JSON`);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) throw new RangeError(`A batch is nested deeper than ${maxDepth} levels`);
  if (Array.isArray(value)) return copyList(value, room, depth);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([name, field]) => [name, copy(field, room, depth - 1)]));
}

/** A list may say that it is longer than there is anything in it. */
function copyList(list: readonly unknown[], room: Room, depth: number): readonly unknown[] {
  const copied: unknown[] = [];
  for (let at = 0; at < list.length; at += 1) copied.push(copy(list[at], room, depth - 1));
  return copied;
}
