import type { ChatEvent, FeedEntry, Item, Message, Reply, ReplyProgress } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';

type Whole = Pick<Reply, 'text' | 'items' | 'suggestions'>;

/** Reads one reply out of what a conversation's followers are told. */
export interface ReplyReader {
  /** What an entry adds to the reply; nothing for one about something else. */
  read(entry: FeedEntry): readonly ReplyProgress[];
  /** The message that ended the reply, if it came. */
  ended(): Message | undefined;
  /** What the whole reply has beyond what was read. Throws `upstream-protocol` if what was read is not how it begins. */
  rest(whole: Whole): readonly ReplyProgress[];
}

/** A reader that takes for its reply the first one that begins while it reads. */
export function createReplyReader(): ReplyReader {
  let replyId: string | undefined;
  let text = '';
  let end: Message | undefined;
  const items = new Set<string>();
  const suggestions = new Set<string>();

  const note = (progress: ReplyProgress): void => {
    if (progress.type === 'text-delta') text += progress.text;
    if (progress.type === 'items-found') for (const item of progress.items) items.add(keyOf(item));
    if (progress.type === 'suggestions') for (const suggestion of progress.suggestions) suggestions.add(suggestion);
  };
  return {
    read({ event }) {
      if (event.type === 'reply-started') replyId ??= event.replyId;
      if (event.type === 'message' && isEnd(event.message, text)) end ??= event.message;
      if (event.type !== 'reply-progress') return [];
      replyId ??= event.replyId;
      if (event.replyId !== replyId) return [];
      note(event.progress);
      return [event.progress];
    },
    ended: () => end,
    rest(whole) {
      const more = {
        items: whole.items.filter((item) => !items.has(keyOf(item))),
        suggestions: whole.suggestions.filter((suggestion) => !suggestions.has(suggestion)),
      };
      const missing = restOf(whole.text, text);
      return [
        ...(missing === '' ? [] : [{ type: 'text-delta' as const, text: missing }]),
        ...(more.items.length === 0 ? [] : [{ type: 'items-found' as const, items: more.items }]),
        ...(more.suggestions.length === 0 ? [] : [{ type: 'suggestions' as const, suggestions: more.suggestions }]),
      ];
    },
  };
}

/** What a person writes meanwhile is a message too: the reply's own is the one that goes on from what was read. */
function isEnd({ role, text: whole, status }: Message, text: string): boolean {
  if (role === 'visitor') return false;
  return status !== 'complete' || whole.startsWith(text) || whole.trim() === text.trim();
}

const keyOf = ({ id, title }: Item): string => (id === '' ? title : id);

function restOf(whole: string, text: string): string {
  if (whole.startsWith(text)) return whole.slice(text.length);
  if (whole.trim() === text.trim()) return '';
  throw new GatewayError('upstream-protocol', 'The text that was streamed is not that of the reply');
}

/**
 * Puts the reply's start before the first thing that it says, or before its rest: until then another backend may be asked instead.
 * That somebody is typing says nothing.
 */
export function beginWhenSaid(replyId: string) {
  let begun = false;
  return (steps: readonly ReplyProgress[], isRest = false): readonly ChatEvent[] => {
    if (begun) return steps;
    if (!isRest && steps.every(({ type }) => type === 'typing')) return [];
    begun = true;
    return [{ type: 'reply-start', replyId }, ...steps];
  };
}
