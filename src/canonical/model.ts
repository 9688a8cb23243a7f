import type { ClientTools, ModelParameters, ToolCall, Workings } from './asked-of-models.ts';
import type { Usage } from './usage.ts';

/** A JSON document. Values that the gateway carries without reading them have this type. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** RFC 3339 in UTC, ending in `Z`, with or without a fraction: `2025-07-08T16:32:11.250Z`. */
export type Timestamp = string;

/** Who speaks: an account, a browser session, or both. Any text the client chose. */
export interface Participant {
  readonly userId?: string;
  readonly sessionId?: string;
}

/** Something a visitor sent along with a message. */
export interface Attachment {
  readonly kind: 'image';
  readonly url: string;
  readonly contentType?: string;
}

/** What a visitor did in the shop: `type` is the shop's own word (browse, click, purchase …). */
export interface ActivityEvent {
  readonly timestamp: string;
  readonly type: string;
  readonly itemId?: string;
  readonly description?: string;
}

/** A message of a history that the client itself keeps; `calls` are those of the client's own tools, and `tool` is what one gave. */
export type ClientMessage =
  | { readonly role: 'system'; readonly text: string }
  /** What the visitor sent along is never an empty list. */
  | { readonly role: 'visitor'; readonly text: string; readonly attachments?: readonly Attachment[] }
  | {
      readonly role: 'assistant';
      readonly text: string;
      readonly calls?: readonly ToolCall[];
      /** What is kept here and said by nothing but its place; it stands after the text and the calls. */
      readonly references?: readonly ReplyReference[];
    }
  | { readonly role: 'tool'; readonly text: string; readonly callId: string };

/** What a reply has said, or one of its calls, by its place. */
export interface ReplyReference {
  /** The conversation as the caller's dialect shows it. */
  readonly conversationId: string;
  readonly replyId: string;
  /** The place of the call in the reply; absent for its text. */
  readonly call?: number;
  /** The client's own name for it. */
  readonly id: string;
}

/** How a turn goes on from what is kept, where the gateway keeps all that the client tells and not the client. */
export interface Continuation {
  /** The id of the reply that it follows; absent: the whole conversation, if it names one. */
  readonly follows?: string;
  /** What the model is told beforehand in this turn alone. */
  readonly instructions?: string;
  /** Whether a later turn may follow its reply. */
  readonly keeps: boolean;
}

/** What a client told beside its text, kept so that a later turn may follow. */
export interface Told {
  /** The id of the reply that was begun for it. */
  readonly replyId: string;
  readonly follows?: string;
  readonly history?: readonly ClientMessage[];
  readonly afterwards?: readonly ClientMessage[];
}

/** Whom a client can name to be answered by. */
export interface AgentEntry {
  readonly slug: string;
  readonly name: string;
  /** The tenant's name. */
  readonly owner: string;
}

/** What a visitor says. Ids are those that the caller's dialect shows; `extra` holds what only that dialect can say. */
export interface Turn {
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly delivery: 'whole' | 'stream';
  readonly participant: Participant;
  readonly conversationId?: string;
  /** An agent's id or slug. */
  readonly agent?: string;
  /** The client's own id of this message: the same one again is the same message. */
  readonly clientMessageId?: string;
  readonly pageUrl?: string;
  /** BCP 47 language tag. */
  readonly locale?: string;
  readonly activity: readonly ActivityEvent[];
  /** At most this many items in the reply. */
  readonly itemLimit?: number;
  readonly history?: readonly ClientMessage[];
  /** What came after `text` in a history that the client keeps: calls of its tools and what they gave, or the beginning of an answer. */
  readonly afterwards?: readonly ClientMessage[];
  readonly parameters?: ModelParameters;
  readonly tools?: ClientTools;
  readonly extra?: JsonObject;
  readonly continuation?: Continuation;
}

export type Availability = 'in-stock' | 'limited' | 'preorder' | 'out-of-stock';

/** A name and its value, as shops print them: `{ key: 'size', value: 'L' }`. */
export interface Attribute {
  readonly key: string;
  readonly value: string;
}

/** A mark on a product, such as a warning or a discount. */
export interface Flag {
  readonly type: string;
  readonly title: string;
  readonly text: string;
}

/** A product. `price` is decimal text, so that no amount passes through binary floating point. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly brand?: string;
  readonly description?: string;
  readonly url?: string;
  readonly imageUrl?: string;
  readonly price?: string;
  readonly priceNote?: string;
  /** ISO 4217. */
  readonly currency?: string;
  /** Where the product stands in the catalogue: `active`, `inactive`, `archived`, or a shop's own word. */
  readonly status?: string;
  readonly availability?: Availability;
  readonly quantity?: number;
  readonly category?: string;
  readonly attributes?: readonly Attribute[];
  /** Where it is to be found: store, aisle, shelf. */
  readonly location?: readonly Attribute[];
  readonly flags?: readonly Flag[];
  /** Why it was chosen, in a sentence for the visitor. */
  readonly recommendation?: string;
  /** The search words that found it. */
  readonly query?: string;
}

/** `handed-over`: a person has the conversation, and the AI stays silent. `tool-calls`: the client has tools to run before the answer. */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'handed-over' | 'tool-calls';

/** A whole answer. */
export interface Reply {
  readonly id: string;
  readonly conversationId?: string;
  readonly text: string;
  readonly items: readonly Item[];
  readonly suggestions: readonly string[];
  readonly model?: string;
  readonly usage?: Usage;
  readonly finishReason: FinishReason;
  /** Calls of the client's own tools. */
  readonly calls?: readonly ToolCall[];
  readonly workings?: Workings;
  readonly createdAt: Timestamp;
}

export type Role = 'visitor' | 'assistant' | 'operator' | 'system';

/** A stored entry of a conversation. `sequence` starts at 1 and grows in the order of storing; numbers may be left out. */
export interface Message {
  readonly id: string;
  readonly conversationId: string;
  readonly sequence: number;
  readonly role: Role;
  readonly text: string;
  readonly items: readonly Item[];
  readonly suggestions: readonly string[];
  readonly attachments: readonly Attachment[];
  readonly createdAt: Timestamp;
  readonly status: 'complete' | 'interrupted' | 'failed';
  readonly finishReason?: FinishReason;
  /** Calls of the client's own tools. */
  readonly calls?: readonly ToolCall[];
  readonly workings?: Workings;
  /** Of a visitor's message, where later turns may follow its reply. */
  readonly told?: Told;
  /** The error code of a reply that is not complete. */
  readonly failure?: string;
  readonly author?: Participant;
  readonly clientMessageId?: string;
  readonly model?: string;
  readonly usage?: Usage;
  readonly metadata?: JsonObject;
}

export interface Contact {
  readonly email?: string;
  readonly phone?: string;
  readonly name?: string;
}

export interface Rating {
  readonly score?: number; // 1 to 5
  readonly comment?: string;
  readonly ratedAt: Timestamp;
}

/** Who answers: `ai`, or a person. */
export type Mode = 'ai' | 'operator';

/** A stored dialogue. */
export interface Conversation {
  /** UUID v4, the only id inside. */
  readonly id: string;
  readonly tenantId: string;
  readonly agentId: string;
  readonly site?: string; // the site key, where the conversation began on a site
  readonly participant: Participant;
  /** The user of its site who has proven to be its visitor: to others of the site it is closed. */
  readonly signedUser?: string;
  readonly title?: string;
  readonly metadata: JsonObject;
  readonly mode: Mode;
  readonly status: 'active' | 'closed';
  readonly blocked: boolean;
  readonly contact?: Contact;
  readonly rating?: Rating;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  readonly lastMessageAt?: Timestamp;
  readonly messageCount: number;
  /** The id that each id space (a dialect's name) shows for it, where that is not derived from `id`. */
  readonly publicIds: Readonly<Record<string, string>>;
  /** The id that each upstream backend knows it by, and what a backend notes of such an id, under names that no backend can have. */
  readonly remoteIds: Readonly<Record<string, string>>;
  /** The sequence of the last operator message that the visitor's client has collected. */
  readonly collectedSequence: number;
}
