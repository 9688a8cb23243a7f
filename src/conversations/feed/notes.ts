import type { FeedEvent, Message, Reply } from '../../canonical/index.ts';
import type { LogPlace } from '../../stores/log.ts';

/** What followers of a conversation are to hear of. */
export type TickNote =
  | {
      readonly type: 'event';
      /** UUID v4 */
      readonly id: string;
      readonly at: string;
      readonly event: FeedEvent;
      /** Of a part of a reply: how much of its kind came before it, in characters, items or suggestions. */
      readonly from?: number;
    }
  /** A reply that is under way, from its beginning: for who has not heard of it, or not all of it. */
  | { readonly type: 'reply'; readonly reply: Reply }
  /** There are messages up to this sequence number, and not all of them may have been told. */
  | { readonly type: 'stored'; readonly sequence: number };

/** What processes tell each other about themselves and their followers. */
export type ProcessNote =
  | {
      readonly type: 'follow';
      /** Conversations that have followers in the process; a process that has its first there, or goes on, says so. */
      readonly followed: readonly Followed[];
      /** Whether it has to be told anew what is under way in them. */
      readonly anew: boolean;
    }
  /** The process does not know whom the others follow. */
  | { readonly type: 'ask' }
  /** The process has no followers of the conversation any more. */
  | { readonly type: 'leave'; readonly conversationId: string }
  /** The conversation is no more. */
  | { readonly type: 'ended'; readonly conversationId: string }
  /** The process is alive. */
  | { readonly type: 'alive' }
  /** Another process is not. */
  | { readonly type: 'gone'; readonly process: string }
  /** Nothing: the process waits until it has come round. */
  | { readonly type: 'mark' };

export type FeedNote = TickNote | ProcessNote;

/** A conversation and how many sockets follow it in one process. */
export type Followed = readonly [conversationId: string, sockets: number];

/** A note about one conversation, kept for its followers. */
export interface FeedTick {
  readonly place: LogPlace;
  /** Which process told it. */
  readonly process: string;
  read(): TickNote;
}

/** The message that a note tells of. */
export const messageIn = (note: FeedNote): Message | undefined =>
  note.type === 'event' && note.event.type === 'message' ? note.event.message : undefined;

/** The topic of a process's notes: on a conversation, ticks; on none, notes of the process itself. */
export const topicOf = (process: string, conversationId?: string): string =>
  conversationId === undefined ? process : `${process} ${conversationId}`;

export function readTopic(topic: string): { readonly process: string; readonly conversationId?: string } {
  const end = topic.indexOf(' ');
  return end === -1 ? { process: topic } : { process: topic.slice(0, end), conversationId: topic.slice(end + 1) };
}

/** How much text a tick holds, roughly: what grows without bound is what people and backends say. */
export function sizeOf(note: TickNote): number {
  if (note.type === 'reply') return note.reply.text.length + 500 * note.reply.items.length;
  if (note.type !== 'event') return 0;
  const { event } = note;
  if (event.type === 'message') {
    const { text, items, attachments, metadata } = event.message;
    const metadataSize = metadata === undefined ? 0 : JSON.stringify(metadata).length;
    return text.length + 500 * (items.length + attachments.length) + metadataSize;
  }
  if (event.type !== 'reply-progress') return 0;
  const { progress } = event;
  if (progress.type === 'text-delta') return progress.text.length;
  return progress.type === 'items-found' ? 500 * progress.items.length : 0;
}
