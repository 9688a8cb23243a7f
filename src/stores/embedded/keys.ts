import { hash } from 'node:crypto';
import type { Conversation, Message, Nudge } from '../../canonical/index.ts';
import type { ConversationFilter, OnceKey, PublicId } from '../store.ts';

declare const holds: unique symbol;

/** Where one row stands, and what it holds. Its first byte is the kind of row; no key is longer than 62 bytes. */
export type Key<V> = Buffer & { readonly [holds]?: V };

/** A message with the once-key that it holds, by its digest in hexadecimal. */
export interface MessageRow {
  readonly message: Message;
  readonly once?: string;
}

/** What a once-key stands for; the sequence of the answer stands in a row beside the message. */
export interface OnceRow {
  readonly conversationId: string;
  readonly messageId: string;
  readonly sequence: number;
  readonly fingerprint: string;
  readonly expiresAt: number;
}

/** The nudges that wait, and the last id that was given. */
export interface NudgesRow {
  readonly last: number;
  readonly waiting: readonly Nudge[];
}

/** A conversation that is gone, of which the messages 1 to `remaining` are still to be removed. */
export interface RemainsRow {
  readonly id: string;
  readonly remaining: number;
}

const kinds = {
  meta: 0,
  /** Everything of one conversation stands together, so that a turn touches few pages. */
  conversation: 1,
  publicId: 2,
  numbers: 3,
  list: 4,
  count: 5,
  once: 6,
  expiry: 7,
  user: 8,
  age: 9,
  remains: 10,
} as const;

/** The record comes last: beside the newest message, where the next one goes. */
const parts = { directory: 1, nudges: 2, operatorMessage: 3, message: 4, record: 5 } as const;

// The only place where bytes are said to hold something: each function below is the one source of its keys.
const key = <V>(...pieces: readonly (number | Buffer)[]): Key<V> =>
  Buffer.concat(pieces.map((piece) => (typeof piece === 'number' ? Buffer.of(piece) : piece)));

/** Any text is allowed in an id: JSON keeps lone surrogates and list borders apart, SHA-256 keeps keys short. */
const digest = (...texts: readonly string[]): Buffer => hash('sha256', JSON.stringify(texts), 'buffer');

const maxUint48 = 2 ** 48 - 1;

function uint48(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(6);
  bytes.writeUIntBE(Math.min(Math.max(Math.trunc(value) || 0, 0), maxUint48), 0, 6);
  return bytes;
}

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text can be a conversation's id here: a UUID in lower case. */
export const isConversationId = (id: string): boolean => uuidShape.test(id);

const uuid = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

export const formatKey: Key<number> = key(kinds.meta, 1);
export const checkKey: Key<number> = key(kinds.meta, 2);

export const recordKey = (id: string): Key<Conversation> => key(kinds.conversation, uuid(id), parts.record);
export const directoryKey = (id: string): Key<readonly PublicId[]> =>
  key(kinds.conversation, uuid(id), parts.directory);
export const nudgesKey = (id: string): Key<NudgesRow> => key(kinds.conversation, uuid(id), parts.nudges);
export const messageKey = (id: string, sequence: number): Key<MessageRow> =>
  key(kinds.conversation, uuid(id), parts.message, uint48(sequence));
/** The inbox of the visitor's client: it holds the sequence. */
export const operatorMessageKey = (id: string, sequence: number): Key<number> =>
  key(kinds.conversation, uuid(id), parts.operatorMessage, uint48(sequence));
/** The sequence of the complete reply to a visitor's message. */
export const answerKey = (id: string, sequence: number): Key<number> => key(messageKey(id, sequence), 1);

/** The id of the conversation. */
export const publicIdKey = ({ tenantId, space, id }: PublicId): Key<string> =>
  key(kinds.publicId, digest(tenantId, space, id));
/** The last number that was given in a space. */
export const numbersKey = (tenantId: string, space: string): Key<number> => key(kinds.numbers, digest(tenantId, space));
export const userKey = (tenantId: string, userId: string): Key<1> => key(kinds.user, digest(tenantId, userId));

const listDigest = ({ tenantId, userId }: ConversationFilter): Buffer =>
  userId === undefined ? digest(tenantId) : digest(tenantId, userId);
/** How long a list is. */
export const countKey = (filter: ConversationFilter): Key<number> => key(kinds.count, listDigest(filter));
/** A list's row holds the conversation's id; rows stand in the order of time, then id. */
export const listKey = (filter: ConversationFilter, { createdAt, id }: Conversation): Key<string> =>
  key(kinds.list, listDigest(filter), uint48(Date.parse(createdAt)), uuid(id));

export const onceDigest = ({ tenantId, scope, key: once }: OnceKey): Buffer => digest(tenantId, scope, once);
export const onceKey = (once: Buffer): Key<OnceRow> => key(kinds.once, once);
/** The digest of the once-key that expires then. */
export const expiryKey = (expiresAt: number, once: Buffer): Key<string> => key(kinds.expiry, uint48(expiresAt), once);
/** The id of a conversation that was active then. */
export const ageKey = (activeAt: string, id: string): Key<string> =>
  key(kinds.age, uint48(Date.parse(activeAt)), uuid(id));
export const remainsKey = (id: string): Key<RemainsRow> => key(kinds.remains, uuid(id));

/** All keys from `low` up to, but not including, `high`. */
export interface KeyRange<V> {
  readonly low: Key<V>;
  readonly high: Key<V>;
}

const under = <V>(prefix: Buffer): KeyRange<V> => ({
  low: key<V>(prefix),
  high: key<V>(prefix, Buffer.alloc(24, 0xff)),
});

/** An inbox, after a message. */
export const inboxRange = (id: string, after: number): KeyRange<number> => ({
  low: operatorMessageKey(id, after + 1),
  high: operatorMessageKey(id, Number.POSITIVE_INFINITY),
});
export const listRange = (filter: ConversationFilter): KeyRange<string> => under(key(kinds.list, listDigest(filter)));
export const expiryRange = (before: number): KeyRange<string> => ({
  low: key(kinds.expiry),
  high: key(kinds.expiry, uint48(before)),
});
export const ageRange = (before: number): KeyRange<string> => ({
  low: key(kinds.age),
  high: key(kinds.age, uint48(before)),
});
export const remainsRange: KeyRange<RemainsRow> = under(key(kinds.remains));
