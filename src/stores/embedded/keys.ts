import { hash } from 'node:crypto';
import type {
  AuditEntry,
  ComparedTurn,
  Conversation,
  Message,
  MigrationState,
  Nudge,
  StageChange,
} from '../../canonical/index.ts';
import type { ImageEntry } from '../image-book.ts';
import type { ConversationFilter, IdempotencyKey, PublicId, User } from '../store.ts';

declare const holds: unique symbol;

/** Where one row stands, and what it holds: at most 90 characters of ASCII, which sort as their bytes do. */
export type Key<V> = string & { readonly [holds]?: V };

/** An idempotency key as the rows have it. */
export type IdempotencyDigest = string;

/** A message, and the idempotency key that was stored with it. */
export interface MessageRow {
  readonly message: Message;
  readonly once?: { readonly digest: IdempotencyDigest; readonly fingerprint: string };
}

/** The message that an idempotency key stands for. Small, because these rows lie scattered. */
export interface IdempotencyRow {
  readonly conversationId: string;
  readonly sequence: number;
  readonly expiresAt: number;
}

/** In which other rows a conversation stands. */
export interface DirectoryRow {
  readonly publicIds: readonly PublicId[];
  /** Milliseconds since the epoch, of its age row. */
  readonly age: number;
}

/** The nudges that wait, and the last id that was given. */
export interface NudgesRow {
  readonly last: number;
  readonly waiting: readonly Nudge[];
}

/** What was used of a name, until when (milliseconds since the epoch). */
export interface AmountRow {
  readonly name: string;
  readonly amount: number;
  readonly until: number;
}

/** Milliseconds since the epoch. */
export interface UserRow extends User {
  readonly seenAt: number;
}

/** A conversation that is gone, of which the messages after `dropped`, if that is there, up to `remaining` are still to be removed. */
export interface TombstoneRow {
  readonly id: string;
  readonly dropped?: number;
  readonly remaining: number;
}

/** Any text is allowed in an id: JSON keeps lone surrogates and list borders apart; 192 bits of SHA-256 keep keys short. */
const digest = (...texts: readonly string[]): string => hash('sha256', JSON.stringify(texts), 'base64url').slice(0, 32);

/** Numbers as text that sorts as they do; what does not fit stands at the nearest end. */
const fixed = (value: number, width: number): string =>
  String(Math.min(Math.max(Math.trunc(value) || 0, 0), 10 ** width - 1)).padStart(width, '0');
const place = (sequence: number): string => fixed(sequence, 10);
const moment = (milliseconds: number): string => fixed(milliseconds, 14);

export const formatKey: Key<number> = 'format';
export const checkKey: Key<number> = 'check';

// Everything of one conversation stands together, and its record beside the newest message: a turn touches one page.
export const directoryKey = (id: string): Key<DirectoryRow> => `c/${id}/directory`;
export const nudgesKey = (id: string): Key<NudgesRow> => `c/${id}/nudges`;
/** The inbox of the visitor's client: it holds the sequence. */
export const operatorMessageKey = (id: string, sequence: number): Key<number> => `c/${id}/o/${place(sequence)}`;
export const messageKey = (id: string, sequence: number): Key<MessageRow> => `c/${id}/p/${place(sequence)}`;
/** The sequence of the complete reply to a visitor's message. */
export const answerKey = (id: string, sequence: number): Key<number> => `c/${id}/p/${place(sequence)}/answer`;
/** How many of the oldest messages were dropped: absent for none. */
export const droppedKey = (id: string): Key<number> => `c/${id}/past`;
export const recordKey = (id: string): Key<Conversation> => `c/${id}/record`;
export const isRecordKey = (key: Key<unknown>): boolean => key.endsWith('/record');

/** The id of the conversation. */
export const publicIdKey = ({ tenantId, space, id }: PublicId): Key<string> => `public/${digest(tenantId, space, id)}`;
/** The last number that was given in a space. */
export const numbersKey = (tenantId: string, space: string): Key<number> => `numbers/${digest(tenantId, space)}`;
export const userKey = ({ tenantId, userId }: User): Key<UserRow> => `user/${digest(tenantId, userId)}`;

export const amountKey = (name: string): Key<AmountRow> => `amount/${digest(name)}`;

const listDigest = ({ tenantId, userId }: ConversationFilter): string =>
  userId === undefined ? digest(tenantId) : digest(tenantId, userId);
/** How long a list is. */
export const countKey = (filter: ConversationFilter): Key<number> => `count/${listDigest(filter)}`;
/** A list's row holds the conversation's id; rows stand in the order of time, then id. */
export const listKey = (filter: ConversationFilter, { createdAt, id }: Conversation): Key<string> =>
  `list/${listDigest(filter)}/${moment(Date.parse(createdAt))}/${id}`;

export const idempotencyDigest = ({ tenantId, scope, key }: IdempotencyKey): IdempotencyDigest =>
  digest(tenantId, scope, key);
export const idempotencyRowKey = (once: IdempotencyDigest): Key<IdempotencyRow> => `once/${once}`;
/** The idempotency key that expires then. */
export const expiryKey = (expiresAt: number, once: IdempotencyDigest): Key<IdempotencyDigest> =>
  `expiry/${moment(expiresAt)}/${once}`;
/** The id of a conversation that did not change before then. */
export const ageKey = (milliseconds: number, id: string): Key<string> => `age/${moment(milliseconds)}/${id}`;
/** The user who was not seen before then, by its key. */
export const seenKey = (milliseconds: number, { tenantId, userId }: User): Key<Key<UserRow>> =>
  `seen/${moment(milliseconds)}/${digest(tenantId, userId)}`;
export const imageKey = (name: string): Key<ImageEntry> => `image/${name}`;
/** The name of an image that belongs to a conversation. */
export const conversationImageKey = (id: string, name: string): Key<string> => `image-of/${id}/${name}`;
/** How many bytes of images somebody has. */
export const imageBytesKey = (payer: string): Key<number> => `image-bytes/${digest(payer)}`;
/** Entries of one tenant's audit, in the order of their ids. */
const auditOf = (tenantId: string): string => `audit/${digest(tenantId)}`;
export const auditKey = ({ tenantId, id }: AuditEntry): Key<AuditEntry> => `${auditOf(tenantId)}/${id}`;
export const auditCountKey = (tenantId: string): Key<AuditCountRow> => `audit-count/${digest(tenantId)}`;
/** An entry, in the order of all. */
export const auditAgeKey = (id: string): Key<Key<AuditEntry>> => `audit-age/${id}`;
export const migrationKey = (name: string): Key<MigrationState> => `migration/${digest(name)}`;
/** The change by which a migration came to a revision. */
export const stageKey = (name: string, revision: number): Key<StageChange> =>
  `stage/${digest(name)}/${place(revision)}`;
/** What was counted of a migration under a mark, which of its comparisons there are (after `first`, up to `last`), and which count: after `begun`. */
export interface ComparedRow {
  readonly mark: string;
  readonly begun: number;
  readonly first: number;
  readonly last: number;
  readonly counts: Readonly<Record<string, number>>;
}
export const comparedKey = (name: string): Key<ComparedRow> => `compared/${digest(name)}`;
export const comparisonKey = (name: string, id: number): Key<ComparedTurn> => `comparison/${digest(name)}/${place(id)}`;
/** A comparison of a turn in a conversation. */
export const comparisonOfKey = (conversationId: string, name: string, id: number): Key<Key<ComparedTurn>> =>
  `co/${conversationId}/${digest(name)}/${place(id)}`;
export const tombstoneKey = (id: string): Key<TombstoneRow> => `remains/${id}`;

/** How many entries a tenant's audit has. */
export interface AuditCountRow {
  readonly tenantId: string;
  readonly count: number;
}

/** All keys from `low` up to, but not including, `high`. */
export interface KeyRange<V> {
  readonly low: Key<V>;
  readonly high: Key<V>;
}

/** All rows of the conversations whose ids come after one. */
export const conversationsAfter = (id: string): KeyRange<unknown> => ({
  low: id === '' ? 'c/' : `c/${id}/~`,
  high: 'c/~',
});
/** The id of the conversation whose row it is. */
export const conversationIdIn = (key: Key<unknown>): string => key.split('/')[1] ?? '';
/** An inbox, after a message. */
export const inboxRange = (id: string, after: number): KeyRange<number> => ({
  low: operatorMessageKey(id, after + 1),
  high: `c/${id}/o/~`,
});
export const listRange = (filter: ConversationFilter): KeyRange<string> => {
  const list = `list/${listDigest(filter)}/`;
  return { low: list, high: `${list}~` };
};
export const expiryRange = (before: number): KeyRange<IdempotencyDigest> => ({
  low: 'expiry/',
  high: `expiry/${moment(before)}`,
});
export const ageRange = (before: number): KeyRange<string> => ({ low: 'age/', high: `age/${moment(before)}` });
export const seenRange = (before: number): KeyRange<Key<UserRow>> => ({
  low: 'seen/',
  high: `seen/${moment(before)}`,
});
export const tombstoneRange: KeyRange<TombstoneRow> = { low: 'remains/', high: 'remains/~' };
/** All images after a name. */
export const imageRange = (after: string): KeyRange<ImageEntry> => ({ low: `image/${after}!`, high: 'image/~' });
export const conversationImageRange = (id: string): KeyRange<string> => ({
  low: `image-of/${id}/`,
  high: `image-of/${id}/~`,
});
export const amountRange: KeyRange<AmountRow> = { low: 'amount/', high: 'amount/~' };
/** Of one tenant, from one id up to another. */
export const auditRange = (tenantId: string, low: string, high = '~'): KeyRange<AuditEntry> => ({
  low: `${auditOf(tenantId)}/${low}`,
  high: `${auditOf(tenantId)}/${high}`,
});
export const stageRange = (name: string): KeyRange<StageChange> => ({
  low: `stage/${digest(name)}/`,
  high: `stage/${digest(name)}/~`,
});
/** Of one migration, after an id and up to another one. */
export const comparisonRange = (name: string, after: number, upTo: number): KeyRange<ComparedTurn> => ({
  low: `${comparisonKey(name, after)}!`,
  high: comparisonKey(name, upTo + 1),
});
export const comparisonsOf = (conversationId: string): KeyRange<Key<ComparedTurn>> => ({
  low: `co/${conversationId}/`,
  high: `co/${conversationId}/~`,
});
export const auditCountRange: KeyRange<AuditCountRow> = { low: 'audit-count/', high: 'audit-count/~' };
export const auditAgeRange = (before: string): KeyRange<Key<AuditEntry>> => ({
  low: 'audit-age/',
  high: `audit-age/${before}`,
});
