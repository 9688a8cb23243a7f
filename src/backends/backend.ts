import type { ChatStream, Conversation, Message, Timestamp, Turn } from '../canonical/index.ts';
import type { Catalog } from '../catalog/catalog.ts';

/** Who answers a turn. */
export interface Backend {
  readonly name: string;
  /** A stream that `guardReply` accepts. It ends soon after `call.signal` aborts, by throwing the signal's reason. */
  answer(turn: Turn, context: AnswerContext, call: Call): ChatStream;
  close?(): Promise<void>;
}

/** What a backend may know beside the turn. */
export interface AnswerContext {
  /** UUID v4 that `reply-start` brings. */
  readonly replyId: string;
  readonly conversation: Conversation;
  /** The messages before this turn, oldest first; read only when asked for. */
  history(): Promise<readonly Message[]>;
  readonly catalog?: Catalog;
  /** Keeps the id by which this backend's upstream knows the conversation. */
  remember(remoteId: string): Promise<void>;
}

export interface Call {
  readonly requestId: string;
  readonly receivedAt: Timestamp;
  /** Its reason is a `GatewayError`. */
  readonly signal: AbortSignal;
}
