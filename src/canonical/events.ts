import type { ToolCall, Workings } from './asked-of-models.ts';
import type { FinishReason, Item, Message, Mode, Participant, Timestamp } from './model.ts';
import type { Usage } from './usage.ts';

/** One step of a growing reply. In order: one `reply-start`, any of the middle ones, one `reply-end`. A failure is thrown. */
export type ChatEvent =
  | {
      readonly type: 'reply-start';
      readonly replyId: string;
      readonly conversationId?: string;
      /** When the reply began, where that is known. */
      readonly createdAt?: Timestamp;
    }
  | ReplyProgress
  | {
      readonly type: 'reply-end';
      readonly finishReason: FinishReason;
      readonly calls?: readonly ToolCall[];
      readonly workings?: Workings;
      readonly model?: string;
      readonly usage?: Usage;
    };

export type ReplyProgress =
  | { readonly type: 'typing' }
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'items-found'; readonly items: readonly Item[] }
  | { readonly type: 'suggestions'; readonly suggestions: readonly string[] };

/** A stream of a reply: one batch per read from upstream, so that a burst costs one hop and one socket write. */
export type ChatStream = AsyncIterable<readonly ChatEvent[]>;

/**
 * What followers of a conversation are told. `message` stands for every stored message, the AI's whole reply included
 * (its `status` says whether it is complete); `opened` is told only to the one who begins to follow.
 */
export type FeedEvent =
  | {
      readonly type: 'opened';
      readonly tenantId: string;
      readonly participant: Participant;
      readonly participantCreated: boolean;
      /** The replies under way that the follower comes back in the middle of, the latest last. */
      readonly growing?: readonly GrowingReply[];
    }
  | { readonly type: 'reply-started'; readonly replyId: string }
  | { readonly type: 'reply-progress'; readonly replyId: string; readonly progress: ReplyProgress }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'mode-changed'; readonly mode: Mode };

export interface GrowingReply {
  readonly replyId: string;
  /** Whether another answer was told whole since it began. */
  readonly isCutInto: boolean;
}

/** A feed event with its place. `position` is opaque text that a follower may come back with. */
export interface FeedEntry {
  /** UUID v4 */
  readonly id: string;
  readonly position: string;
  /** The conversation as the follower's dialect shows it. */
  readonly conversationId: string;
  readonly at: string;
  readonly event: FeedEvent;
}

export type FeedStream = AsyncIterable<readonly FeedEntry[]>;
