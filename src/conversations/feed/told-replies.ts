import { type FeedEvent, type Message, type Reply, type ReplyProgress, unfoldReply } from '../../canonical/index.ts';
import type { TickNote } from './notes.ts';

/** How much of a reply was told. */
export interface ToldParts {
  text: number;
  items: number;
  suggestions: number;
}

/** What was told of replies to one listener, so that it hears each part once, however often and in whatever pieces it is told. */
export interface ToldReplies {
  /** What a note says that was not told yet. A part whose beginning is missing is left out: the reply is told from its beginning then. */
  take(note: TickNote): readonly FeedEvent[];
  /** Counts a reply as ended: nothing more is told of it. */
  finish(message: Pick<Message, 'id' | 'status'>): void;
  /** Whether a reply was begun and has not ended. */
  isOpen(replyId: string): boolean;
  /** How a reply ended. */
  endOf(replyId: string): Message['status'] | undefined;
}

/** So many replies that ended are remembered. What is told of one after its end comes soon after it. */
const maxEnded = 64;

/** What a listener has heard that was told all of these replies so far. */
export function createToldReplies(heard: readonly Reply[] = []): ToldReplies {
  const open = new Map<string, ToldParts>(heard.map((reply) => [reply.id, partsOf(reply)]));
  const ended = new Map<string, Message['status']>();

  const finish = ({ id, status }: Pick<Message, 'id' | 'status'>): void => {
    open.delete(id);
    ended.set(id, status);
    for (const oldest of ended.keys()) {
      if (ended.size <= maxEnded) break;
      ended.delete(oldest);
    }
  };
  const start = (replyId: string): readonly FeedEvent[] => {
    if (open.has(replyId) || ended.has(replyId)) return [];
    open.set(replyId, { text: 0, items: 0, suggestions: 0 });
    return [{ type: 'reply-started', replyId }];
  };
  const grow = (replyId: string, progress: ReplyProgress, from: number): readonly FeedEvent[] => {
    if (ended.has(replyId) || (!open.has(replyId) && from > 0)) return [];
    const started = start(replyId);
    const told = open.get(replyId);
    const rest = told && advance(told, progress, from);
    return rest === undefined ? started : [...started, { type: 'reply-progress', replyId, progress: rest }];
  };

  return {
    take(note) {
      if (note.type === 'stored') return [];
      if (note.type === 'reply') {
        const { reply } = note;
        return [...start(reply.id), ...progressOf(reply).flatMap((progress) => grow(reply.id, progress, 0))];
      }
      const { event, from = 0 } = note;
      if (event.type === 'reply-started') return start(event.replyId);
      if (event.type === 'reply-progress') return grow(event.replyId, event.progress, from);
      if (event.type === 'message') finish(event.message);
      return [event];
    },
    finish,
    isOpen: (replyId) => open.has(replyId),
    endOf: (replyId) => ended.get(replyId),
  };
}

const partsOf = ({ text, items, suggestions }: Reply): ToldParts => ({
  text: text.length,
  items: items.length,
  suggestions: suggestions.length,
});

/** The steps that gather to a reply. Its text comes last: it is what must not be told twice to who loses the connection in between. */
function progressOf(reply: Reply): readonly ReplyProgress[] {
  const steps = unfoldReply(reply).filter((event) => event.type !== 'reply-start' && event.type !== 'reply-end');
  const isText = ({ type }: ReplyProgress) => type === 'text-delta';
  return [...steps.filter((step) => !isText(step)), ...steps.filter(isText)];
}

/** What a step adds to what was told, which it is counted to; `undefined` if that is nothing, or does not follow what was told. */
export function advance(told: ToldParts, progress: ReplyProgress, from: number): ReplyProgress | undefined {
  switch (progress.type) {
    case 'typing':
      return progress;
    case 'text-delta': {
      const text = rest(progress.text, told.text - from);
      told.text += text.length;
      return text === '' ? undefined : text === progress.text ? progress : { type: 'text-delta', text };
    }
    case 'items-found': {
      const items = rest(progress.items, told.items - from);
      told.items += items.length;
      return items.length === 0 ? undefined : { type: 'items-found', items };
    }
    case 'suggestions': {
      const suggestions = rest(progress.suggestions, told.suggestions - from);
      told.suggestions += suggestions.length;
      return suggestions.length === 0 ? undefined : { type: 'suggestions', suggestions };
    }
    default:
      return progress satisfies never;
  }
}

/** What is left of a part when so much of it is known; nothing if something before it is not. */
const rest = <T extends string | readonly unknown[]>(part: T, known: number): T =>
  (known === 0 ? part : part.slice(known < 0 ? part.length : known)) as T; // a slice is of the same kind
