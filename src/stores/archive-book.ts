import type { Conversation, Message, MigrationState, Nudge, StageChange } from '../canonical/index.ts';
import type { PublicId } from './store.ts';

/** Where ids of conversations are counted: 1, 2, 3 … */
export type NumberSpace = Omit<PublicId, 'id'>;

/** A conversation with what stands beside it, but for its messages and images. */
export interface ArchivedConversation {
  readonly conversation: Conversation;
  /** All by which it is found, of which it shows some. */
  readonly publicIds: readonly PublicId[];
  /** The last id that a nudge was given, 0 for none, and those that wait. */
  readonly nudges: { readonly last: number; readonly waiting: readonly Nudge[] };
}

/** What became of a conversation that was put into a store. */
export interface ConversationPut {
  /** False where a conversation of its id was there, which stays as it is. */
  readonly isNew: boolean;
  /** An id by which another conversation is found, which stays so. */
  readonly lost?: PublicId;
}

/** What became of messages that were put into a store. */
export interface MessagesPut {
  readonly stored: number;
  /** Of those whose place was taken already: how many are another message than stands there, which stays. */
  readonly different: number;
}

/**
 * All of a store, one conversation after the other, and how it is put into another one. What is put twice is there once, so that whoever is
 * cut short begins again. It is for a store that nobody speaks in meanwhile.
 */
export interface ArchiveBook {
  /** The ids of all conversations in their order, a part at a time. */
  ids(): AsyncIterable<readonly string[]>;
  read(id: string): Promise<ArchivedConversation | undefined>;
  /** Puts a conversation there that has no messages yet, whatever its count says. */
  put(archived: ArchivedConversation): Promise<ConversationPut>;
  /**
   * Puts messages of a conversation there, whose sequences follow each other. Those of a conversation without any begin anywhere; others begin
   * at the latest after the last one. Neither time nor anything else of the conversation changes. Throws `not-found`, and `conflict` for a gap.
   */
  putMessages(id: string, messages: readonly Message[]): Promise<MessagesPut>;
  /** The last number that was given in a space; 0 for none. */
  lastNumber(space: NumberSpace): Promise<number>;
  /** No number up to this one is given from now on. */
  raiseNumber(space: NumberSpace, number: number): Promise<void>;
  /** Puts a migration there with its changes, the newest first; false where one of its name has begun, which stays. */
  putMigration(state: MigrationState, history: readonly StageChange[]): Promise<boolean>;
}

/** What is told of messages that leave something out. */
export const gapBefore = (sequence: number): string => `There is a gap before message ${sequence}`;
