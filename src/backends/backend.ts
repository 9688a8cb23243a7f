import type {
  BreakerState,
  ChatStream,
  Conversation,
  InputOf,
  Message,
  Participant,
  Takable,
  Timestamp,
  Turn,
} from '../canonical/index.ts';
import type { FieldOf } from '../dialects/dialect.ts';
import type { Trace } from '../observability/trace.ts';

/** Who answers a turn. */
export interface Backend {
  readonly name: string;
  /** Its type in the configuration. */
  readonly kind?: string;
  /** A stream that `createReplyGuard` finds in order. It ends soon after `call.signal` aborts, by throwing the signal's reason. */
  answer(turn: Turn, context: AnswerContext, call: Call): ChatStream;
  /**
   * How long a turn has to wait, at most, for the earlier ones of its conversation to end before this backend is asked, in
   * milliseconds. `undefined`, or none, where turns may be asked side by side.
   */
  waits?(conversation: Conversation, turn: Turn): number | undefined;
  /** What it can use of a turn and give of a reply; all, if it does not say. */
  readonly carries?: ReadonlySet<FieldOf<'send-message'>>;
  /** What of a turn's parameters it can use, where it carries them; all, if it does not say. */
  readonly takes?: ReadonlySet<Takable>;
  /** The backends that it may ask, of one that is made of others. One that cannot do what a turn demands is not asked it. */
  readonly parts?: readonly Backend[];
  /** What it takes beside turns. An absent operation is one that it does not have. */
  readonly forwards?: { readonly [N in ForwardedOperation]?: Forward<N> };
  /** How it stands with its circuit breaker; absent where it has none. */
  breaker?(): BreakerState;
  /** What its server was found out not to take of the usual request. */
  quirks?(): readonly string[];
  close?(): Promise<void>;
}

/** What visitors leave beside messages, and what is passed on to a backend that wants it. */
export type ForwardedOperation = 'save-contact' | 'rate-conversation';

/** Tells a backend what was stored already. Throws as `answer` does. */
export type Forward<N extends ForwardedOperation> = (
  input: InputOf<N>,
  conversation: Conversation,
  call: Call,
) => Promise<void>;

/** What a backend may know beside the turn. */
export interface AnswerContext {
  /** UUID v4 that `reply-start` brings. */
  readonly replyId: string;
  /** With what was remembered since the turn began. */
  readonly conversation: Conversation;
  /** The newest messages before this turn, 50 unless said otherwise, oldest first; read only when asked for. */
  history(length?: number): Promise<readonly Message[]>;
  /** The newest messages, 50, of another conversation of the tenant's that the participant may go on with, oldest first; none where there is none. */
  transcript(conversationId: string, participant: Participant): Promise<readonly Message[]>;
  /**
   * Says how many characters a model was sent, the question among them: what a reply that breaks off is counted by, in place of its
   * question alone. Several requests add up.
   */
  sent(characters: number): void;
  /** The image of our own that an address names, as a `data:` URL; `undefined` where it names none that is there. */
  upload(url: string): Promise<string | undefined>;
  /**
   * Says that the turn's image of this number, the first being 0, is not passed on. Throws `invalid-request` where the client's
   * dialect has a turn refused for that; it is counted as lost otherwise.
   */
  leftOut(image: number): void;
  /** Keeps the id by which a backend's upstream knows the conversation: this turn and the next find it in `conversation.remoteIds`. */
  remember(backend: string, remoteId: string): Promise<void>;
}

export interface Call {
  readonly requestId: string;
  readonly receivedAt: Timestamp;
  /** Its reason is a `GatewayError`. */
  readonly signal: AbortSignal;
  /** What it is part of, which those are told who are asked for its sake; absent where nobody says so. */
  readonly trace?: Trace | undefined;
  /** Whether nobody hears the reply: it is compared with another one. Guards neither count it nor hold it up. */
  readonly isShadow?: true;
}
