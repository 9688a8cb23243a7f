import type { Backend } from '../backends/backend.ts';
import type { ChatEvent, Demand, FeedEntry, OperationName, OutputOf } from '../canonical/index.ts';
import type { MigrationConfig } from '../config/index.ts';
import type { Comparisons } from '../migrations/comparisons.ts';
import type { Migrations } from '../migrations/migrations.ts';
import type { Side } from '../migrations/sides.ts';
import type { FairLocks, Leases } from '../stores/coordination.ts';
import type { Images } from '../stores/images.ts';
import type { Store } from '../stores/store.ts';
import type { SessionCaller } from './caller.ts';
import type { Feed } from './feed.ts';
import type { LossCounter } from './loss.ts';
import type { ReplyRoom } from './reply-room.ts';
import type { RunningReplies } from './running-replies.ts';
import type { Shadows } from './shadows/shadows.ts';
import type { UnknownSessions } from './unknown-sessions.ts';

/** What the handlers work with. */
export interface Services {
  readonly store: Store;
  readonly images: Images;
  readonly feed: Feed;
  readonly running: RunningReplies;
  readonly replyRoom: ReplyRoom;
  readonly leases: Leases;
  readonly lines: FairLocks;
  /** All that there are now. */
  readonly backends: ReadonlyMap<string, Backend>;
  /** Whose site a site key names, and how its visitors call; `undefined` for an unknown one. */
  siteOwner(site: string): Pick<SessionCaller, 'tenant' | 'defaultAgent' | 'dialect'> | undefined;
  /** Makes a backup of the store; absent where others see to that. */
  readonly backUp?: () => Promise<OutputOf<'make-backup'>>;
  /** Where callers move, and by whom their turns were answered. */
  readonly migrations: Migrations & { turn(config: MigrationConfig, answeredBy: Side): void };
  readonly comparisons: Comparisons;
  readonly shadows: Shadows;
  readonly loss: LossCounter;
  readonly unknownSessions: UnknownSessions;
  /** Throws `rate-limited` if one more may not follow what so many follow already. */
  admitFollower(followers: number): void;
  /** Counts what became of a nudge. */
  nudgeEvent(event: OutputOf<'record-nudge-event'>['event']): void;
  /** Counts one turn more, or less, that waits for the earlier ones of its conversation. */
  turnWaiting(change: 1 | -1): void;
  /** How long a message id or an idempotency key stands for the same turn, in milliseconds. */
  readonly idempotencyWindowMs: number;
  /** Aborts when replies that nobody reads any more have to end. */
  readonly cutOff: AbortSignal;
}

/** An answer that is one document. */
export interface DocumentAnswer<N extends OperationName> {
  /** The conversation as the caller's dialect shows it. */
  readonly conversationId?: string;
  readonly value: OutputOf<N>;
}

/** An answer that grows. */
export interface StreamAnswer<Event> {
  /** The conversation as the caller's dialect shows it. */
  readonly conversationId: string;
  /** Who answers, for metrics. */
  readonly backend?: string;
  /** What a turn hints at and who answers cannot use; absent where that is nothing. */
  readonly ignored?: readonly Demand[];
  readonly stream: AsyncIterable<readonly Event[]>;
}

export type ReplyAnswer = StreamAnswer<ChatEvent>;

/** What is told about a conversation: without end, or what is there now. */
export interface FeedAnswer extends StreamAnswer<FeedEntry> {
  /** The agent of the conversation. */
  readonly agentId: string;
  /** Resolves when what was published and stored in this process before is in the stream, or cannot be. */
  caughtUp(): Promise<void>;
}

export type AnswerOf<N extends OperationName> = N extends 'send-message'
  ? ReplyAnswer
  : N extends 'follow-conversation'
    ? FeedAnswer
    : DocumentAnswer<N>;
