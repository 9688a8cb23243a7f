import type {
  Contact,
  Conversation,
  Message,
  Mode,
  Nudge,
  Page,
  PageRequest,
  Participant,
  Rating,
} from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { ArchiveBook } from './archive-book.ts';
import type { AuditBook } from './audit-book.ts';
import type { ImageBook } from './image-book.ts';
import type { ComparisonBook, MigrationBook } from './migration-book.ts';

/** Told how long each thing took that a store's engine was asked for, in seconds. */
export type StoreWatch = (operation: string, seconds: number) => void;

/** An id as a dialect shows it. Equal ids of two tenants, or of two spaces, are two ids. */
export interface PublicId {
  readonly tenantId: string;
  /** The dialect's name, or a word of our own: `session` for what finds a site's visitor. */
  readonly space: string;
  readonly id: string;
}

/** A conversation that is to be begun. The store adds what it counts itself. */
export interface NewConversation {
  readonly conversation: Omit<
    Conversation,
    'updatedAt' | 'lastMessageAt' | 'messageCount' | 'publicIds' | 'remoteIds' | 'collectedSequence'
  >;
  /** Ids by which it is to be found from now on, and which it shows. */
  readonly publicIds: readonly PublicId[];
  /** A space in which the tenant's next integer (1, 2, 3 …) becomes its id. */
  readonly numberedIn?: string;
}

/** A message that is to be stored. The store gives it its sequence number. */
export type NewMessage = Omit<Message, 'sequence'>;

/** What makes a turn the same turn: stored with the visitor's message, so that it is asked once. */
export interface IdempotencyKey {
  readonly tenantId: string;
  /** Whose key it is: two callers' equal keys are two keys. */
  readonly scope: string;
  readonly key: string;
}

/** What is to be remembered under an idempotency key, until `expiresAt` (milliseconds since the epoch). */
export interface NewOnce {
  readonly key: IdempotencyKey;
  readonly fingerprint: string;
  readonly expiresAt: number;
}

/** A conversation as it was before its first message, and that message; or what its idempotency key stands for already. */
export type Begun =
  | { readonly conversation: Conversation; readonly message: Message }
  | { readonly taken: IdempotencyEntry };

/** What an idempotency key stands for. It is forgotten when `expiresAt` (milliseconds since the epoch) has passed. */
export interface IdempotencyEntry {
  readonly conversationId: string;
  /** The visitor's message. */
  readonly messageId: string;
  /** SHA-256 of what was asked, to tell another question under the same key. */
  readonly fingerprint: string;
  /** The sequence of the complete reply; absent while there is none. */
  readonly replySequence?: number;
  readonly expiresAt: number;
}

/** Whether a conversation belongs to another user than the one that is named. Who names none, or goes on with what nobody's is, is no other. */
export function isAnothers(
  { participant: owner }: Pick<Conversation, 'participant'>,
  { userId }: Participant,
): boolean {
  return userId !== undefined && owner.userId !== undefined && userId !== owner.userId;
}

/** A chat that someone has open stays. */
export const openElsewhere = (): GatewayError =>
  new GatewayError('conflict', 'The chat has open WebSocket connections; close them first');

/** Fields of a conversation that can change after it began; an absent field stays as it is. */
export interface ConversationChange {
  readonly mode?: Mode;
  readonly status?: Conversation['status'];
  readonly blocked?: boolean;
  readonly title?: string;
  /** Merged into what is there. */
  readonly contact?: Contact;
  /** Merged into what is there. */
  readonly rating?: Rating;
  /** Merged into what is there. */
  readonly remoteIds?: Readonly<Record<string, string>>;
  /** Never goes back. */
  readonly collectedSequence?: number;
  /** Whose it is from now on, where it is nobody's yet. Where it is another's, nothing of the change is made. */
  readonly signedUser?: string;
  readonly updatedAt: string;
}

/** Which conversations a list holds, newest first or last by `createdAt`. */
export interface ConversationFilter {
  readonly tenantId: string;
  /** Only those of one user. */
  readonly userId?: string;
}

export interface User {
  readonly tenantId: string;
  readonly userId: string;
}

/**
 * Everything that is kept. A promise resolves when the change would survive `kill -9`; changes are applied in the order of the
 * calls, so that calls made without waiting in between share one commit. Listings are index reads. A conversation that does not
 * exist is `undefined` or `not-found`, never an empty one.
 */
export interface Store {
  /** Begins a conversation, or returns the one that already has one of these public ids. */
  openConversation(draft: NewConversation): Promise<{ readonly conversation: Conversation; readonly created: boolean }>;
  conversation(id: string): Promise<Conversation | undefined>;
  /** The conversation that a public id stands for. */
  findConversation(id: PublicId): Promise<Conversation | undefined>;
  /** Throws `not-found`. */
  changeConversation(id: string, change: ConversationChange): Promise<Conversation>;
  /**
   * Removes the conversation, its messages, ids, once-entries and nudges; false if there is none. With `unheard` it throws `conflict` where another
   * process has a socket open on it.
   */
  deleteConversation(id: string, which?: 'any' | 'unheard'): Promise<boolean>;
  conversations(filter: ConversationFilter, page: PageRequest): Promise<Page<Conversation>>;

  /**
   * Begins a conversation that has no public ids with what its visitor says first, in one change. With an idempotency key that is already taken
   * nothing is stored and the entry is returned.
   */
  beginConversation(draft: NewConversation, message: NewMessage, once?: NewOnce): Promise<Begun>;
  /**
   * Stores a message, with `updatedAt` and `lastMessageAt` of its conversation. Beyond the bound of the store the oldest messages are
   * dropped, with their idempotency keys: `messageCount` and all lists are of those that are there, and sequence numbers go on. With an idempotency key that is already taken (and not
   * expired) nothing is stored and the entry is returned. Throws `not-found`.
   */
  appendMessage(
    message: NewMessage,
    once?: NewOnce,
  ): Promise<{ readonly message: Message } | { readonly taken: IdempotencyEntry }>;
  /**
   * Stores what a visitor says in a conversation of that tenant that goes on: one that is blocked, closed or another user's than the
   * message's author gets no message, and is only returned. With the conversation as it was before; `undefined` if the tenant has none of that id.
   */
  continueConversation(
    message: NewMessage,
    tenantId: string,
  ): Promise<{ readonly conversation: Conversation; readonly message?: Message } | undefined>;
  /**
   * Stores the reply to a turn; with an idempotency key, marks the turn as answered. Where a process that was taken for dead gives its reply after
   * all, it takes the place of what was kept of it; where another complete reply has answered the idempotency key meanwhile, nothing is stored,
   * and that one is returned. Throws `not-found`.
   */
  appendReply(reply: NewMessage, once?: IdempotencyKey): Promise<Message>;
  /**
   * Stores what was told of a reply whose process is taken for dead, unless a message of that id is stored: that one is returned then. Nothing
   * is done, nor returned, where the reply's record is not as `ifState` says. Absent where there is one process only. Throws `not-found`.
   */
  keepReply?(reply: NewMessage, ifState?: string): Promise<Message | undefined>;
  /** Resolves when what was read of a conversation before is as safe as what this store has acknowledged. Absent where all that can be read is. */
  kept?(conversationId: string): Promise<void>;
  idempotencyEntry(key: IdempotencyKey): Promise<IdempotencyEntry | undefined>;
  message(conversationId: string, sequence: number): Promise<Message | undefined>;
  messages(conversationId: string, page: PageRequest): Promise<Page<Message>>;
  /** Messages after a sequence number, oldest first. */
  messagesAfter(conversationId: string, sequence: number, limit: number): Promise<readonly Message[]>;
  /** Operators' messages after a sequence number, oldest first: the inbox of a visitor's client. An index read. */
  operatorMessagesAfter(conversationId: string, sequence: number, limit: number): Promise<readonly Message[]>;
  /** The newest messages, oldest first. */
  latestMessages(conversationId: string, limit: number): Promise<readonly Message[]>;

  /** Makes a user known to a tenant, for as long as a conversation is kept without a change; true if it was not. */
  ensureUser(user: User): Promise<boolean>;

  /** Puts a nudge up; its `id` counts from 1 in its conversation. Throws `not-found`, and `conflict` where too many wait. */
  addNudge(conversationId: string, nudge: Omit<Nudge, 'id'>): Promise<Nudge>;
  /** Takes the nudges that wait, oldest first: each is given out once. */
  takeNudges(conversationId: string): Promise<readonly Nudge[]>;

  /** What is known of uploaded images, which are kept elsewhere. */
  readonly images: ImageBook;

  /** What operators did. */
  readonly audit: AuditBook;

  readonly migrations: MigrationBook;

  readonly comparisons: ComparisonBook;

  readonly archive: ArchiveBook;

  /** Throws if the store cannot be written; where it lies on several machines, if most of it cannot. */
  check(): Promise<void>;
  close(): Promise<void>;
}
