import type { ChatEvent, FeedEntry } from './events.ts';
import type { ComparedTurn, Migration, Stage, StageChange, Verdict } from './migration.ts';
import type {
  AgentEntry,
  Attachment,
  Contact,
  Conversation,
  JsonObject,
  Message,
  Mode,
  Participant,
  Reply,
  Timestamp,
  Turn,
} from './model.ts';

/** A part of a list, by offset. `total` counts the whole list. */
export interface Page<T> {
  readonly entries: readonly T[];
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
}

/** Which part of a list is asked for. */
export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
  readonly order: 'ascending' | 'descending';
}

interface OfConversation {
  /** The id that the caller's dialect shows. */
  readonly conversationId: string;
}

interface OfParticipant {
  readonly participant: Participant;
}

/** A message that an operator put up for a visitor to see before the visitor spoke. */
export interface Nudge {
  readonly id: number;
  readonly text: string;
  readonly createdAt: string;
}

/** What gets lost between clients of a dialect and a backend: fields of a turn, and of its reply (`output.…`, `item.…`). */
export interface Loss {
  readonly turn: readonly string[];
  readonly reply: readonly string[];
}

/** What somebody did in the operators' API: who, from where, what, to which conversation; never what was said. */
export interface AuditEntry {
  /** Sorts as the entries' times do. */
  readonly id: string;
  readonly at: Timestamp;
  /** The name of the token. */
  readonly operator: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  /** Whence it came: an IP address. */
  readonly address: string;
  /** The operation, then what it set: `change-conversation mode=operator`. */
  readonly act: string;
  readonly tenantId: string;
  readonly conversationId?: string;
}

/** Whether a backend is asked, left alone after its failures, or tried again with one reply. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** A backend as the process that is asked has it. */
export interface BackendStatus {
  readonly name: string;
  /** Its type in the configuration. */
  readonly kind?: string;
  /** Absent where it has no circuit breaker. */
  readonly breaker?: BreakerState;
  /** What its server was found out not to take of the usual request. */
  readonly quirks: readonly string[];
}

/** What an operator can ask; here ids are the inner ones, and all tenants are in reach unless the token names some. */
interface AdminOperations {
  'report-loss': {
    input: object;
    /** Every dialect over every backend. */
    output: { readonly pairs: readonly (Loss & { readonly dialect: string; readonly backend: string })[] };
  };
  'list-backends': {
    input: object;
    output: { readonly backends: readonly BackendStatus[] };
  };
  'make-backup': {
    input: object;
    /** Its folder's name, the bytes of the store, and how many images went along. */
    output: { readonly name: string; readonly bytes: number; readonly images: number };
  };
  /** The newest first; `next` is the `after` of what comes then. */
  'read-audit': {
    input: { readonly after?: string; readonly limit: number };
    output: { readonly entries: readonly AuditEntry[]; readonly next?: string };
  };
  'survey-conversations': {
    input: { readonly tenantId: string; readonly page: PageRequest };
    output: Page<Conversation>;
  };
  'inspect-conversation': { input: OfConversation; output: Conversation };
  'find-session': { input: OfSession; output: Conversation };
  'read-transcript': { input: OfConversation & { readonly page: PageRequest }; output: Page<Message> };
  'write-operator-message': {
    input: OfConversation & {
      readonly text: string;
      readonly attachments: readonly Attachment[];
      readonly author?: Participant;
    };
    output: Message;
  };
  'change-conversation': {
    input: OfConversation & {
      readonly mode?: Mode;
      readonly blocked?: boolean;
      readonly status?: Conversation['status'];
    };
    output: Conversation;
  };
  'list-migrations': { input: object; output: { readonly migrations: readonly Migration[] } };
  'show-migration': { input: OfMigration; output: Migration };
  'change-migration': {
    input: OfMigration & {
      readonly stage?: Stage;
      /** `10%` */
      readonly canary?: string;
      readonly why?: string;
      /** Whether to go where the figures do not carry. */
      readonly force?: boolean;
      /** The revision that is changed; whatever is there, unless it says. */
      readonly revision?: number;
    };
    output: Migration;
  };
  /** The newest first. */
  'read-migration-history': { input: OfMigration; output: { readonly entries: readonly StageChange[] } };
  /** The newest first; `next` is the `after` of what comes then. */
  'list-comparisons': {
    input: OfMigration & { readonly verdict?: Verdict; readonly after?: string; readonly limit: number };
    output: { readonly comparisons: readonly ComparedTurn[]; readonly next?: string };
  };
  /** Begins the figures anew. */
  'reset-comparisons': { input: OfMigration; output: Migration };
  'offer-nudge': { input: OfSession & { readonly text: string }; output: Nudge };
}

interface OfMigration {
  /** Its name. */
  readonly migration: string;
}

interface OfSession {
  readonly site: string;
  readonly sessionId: string;
}

export type AdminOperationName = keyof AdminOperations;

/**
 * Everything a caller can ask, with what goes in and what comes out. In outputs a conversation's `id` is the one that the
 * caller's dialect shows. A participant's conversation is found by site and session, and is begun where one is needed.
 */
export interface Operations extends AdminOperations {
  'create-conversation': {
    input: {
      readonly participant: Participant;
      readonly agent?: string;
      readonly title?: string;
      readonly metadata: JsonObject;
    };
    output: Conversation;
  };
  'send-message': { input: Turn; output: Reply; event: ChatEvent };
  'follow-conversation': {
    input: OfConversation & {
      readonly participant?: Participant;
      readonly after?: string;
      /** `recent`: what is there now, as one document. */
      readonly delivery: 'stream' | 'recent';
    };
    output: readonly FeedEntry[];
    event: FeedEntry;
  };
  'list-agents': { input: object; output: { readonly agents: readonly AgentEntry[] } };
  /** By its id or slug. */
  'get-agent': { input: { readonly agent: string }; output: AgentEntry };
  'list-messages': { input: OfConversation & { readonly page: PageRequest }; output: Page<Message> };
  'list-session-messages': { input: OfParticipant & { readonly page: PageRequest }; output: Page<Message> };
  'get-conversation': { input: OfConversation; output: Conversation };
  'list-conversations': {
    input: { readonly participant: Participant; readonly page: PageRequest };
    output: Page<Conversation>;
  };
  'delete-conversation': { input: OfConversation; output: { readonly deletedAt: string } };
  'save-contact': { input: OfParticipant & { readonly contact: Contact }; output: { readonly contact: Contact } };
  'collect-operator-messages': {
    /** Without `afterSequence` or `since`: what was not yet collected, which is thereby collected. */
    input: OfParticipant & { readonly afterSequence?: number; readonly since?: string };
    output: { readonly messages: readonly Message[]; readonly mode: Mode };
  };
  'get-block-status': { input: OfParticipant; output: { readonly blocked: boolean } };
  'collect-nudges': { input: OfParticipant; output: { readonly nudges: readonly Nudge[] } };
  'record-nudge-event': {
    input: OfParticipant & { readonly event: 'shown' | 'clicked' | 'dismissed'; readonly rule?: string };
    output: { readonly event: 'shown' | 'clicked' | 'dismissed' };
  };
  'upload-image': {
    input: OfParticipant & { readonly image: { readonly bytes: Uint8Array } };
    output: { readonly url: string };
  };
  'rate-conversation': {
    input: OfParticipant & { readonly score?: number; readonly comment?: string };
    output: { readonly score?: number; readonly comment?: string };
  };
}

export type OperationName = keyof Operations;
export type InputOf<N extends OperationName> = Operations[N]['input'];
export type OutputOf<N extends OperationName> = Operations[N]['output'];
/** The event type of an operation whose answer can be a stream; `never` for the others. */
export type EventOf<N extends OperationName> = Operations[N] extends { event: infer E } ? E : never;
