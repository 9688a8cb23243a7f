import { hash } from 'node:crypto';
import type { ConversationFilter, IdempotencyKey, PublicId } from '../store.ts';

/** The rows of one conversation, in the order in which every script has them: all in one slot of a Cluster. */
export type ConversationKeys = readonly [
  record: string,
  messages: string,
  inbox: string,
  nudges: string,
  once: string,
  directory: string,
  replies: string,
  mark: string,
];

/** Where the rows of one installation stand. Those that no script touches together may lie in different slots. */
export interface Keys {
  /** A hash tag round the id keeps them together. */
  conversation(id: string): ConversationKeys;
  /** The id of the conversation. */
  publicId(publicId: PublicId): string;
  /** The last number that was given in a space, and those that were given back: in one slot. */
  numbers(space: Omit<PublicId, 'id'>): readonly [last: string, free: string];
  /** Ids of conversations by `createdAt`. */
  list(filter: ConversationFilter): string;
  once(digest: string): string;
  lease(name: string): string;
  /** A line of who waits: in one slot. */
  line(name: string): readonly [places: string, signs: string];
  /** Calls that were counted in a window. */
  calls(group: string, seconds: string, key: string): string;
  /** Places that are taken, by the time at which they are free again. */
  places(name: string): string;
  /** An amount that was used. */
  amount(name: string): string;
  user(tenantId: string, userId: string): string;
  /** Ids of conversations by the time at which the sweeper is to look at them; spread, so that no node has them all. */
  due(id: string): string;
  readonly everyDue: readonly string[];
  /** Entries of images by name, how many bytes each payer has, names by conversation: all in one slot. */
  readonly images: {
    readonly records: string;
    readonly bytes: string;
    of(conversationId: string | undefined): string;
  };
  /** A tenant's part of what operators did, and which tenants have one. */
  readonly audit: { of(tenantId: string): string; readonly tenants: string };
  /** Where a migration stands, and how it came there: in one slot. */
  migration(name: string): readonly [state: string, history: string];
  /** What was compared: counts and comparisons of what a migration is called there, and whose they are; all in one slot. */
  readonly comparisons: {
    nameOf(migration: string): string;
    counts(name: string): string;
    rows(name: string): string;
    readonly owners: string;
  };
  /** The version of the layout of all of them. */
  readonly format: string;
  /** Rows that can be written at any time, in many slots. */
  check(number: number): string;
  /** Channels, not rows: what a process that follows hears, and what all hear. */
  readonly channels: { wakesOf(process: string): string; readonly followed: string };
}

/** Any text is allowed in an id: JSON keeps lone surrogates and list borders apart; 192 bits of SHA-256 keep keys short. */
const digest = (...texts: readonly string[]): string => hash('sha256', JSON.stringify(texts), 'base64url').slice(0, 32);

/** A idempotency key as the rows have it. */
export const idempotencyDigest = ({ tenantId, scope, key }: IdempotencyKey): string => digest(tenantId, scope, key);

/** Throws an `Error` for a prefix that would move hash tags. */
export function createKeys(prefix: string): Keys {
  if (/[{}]/.test(prefix)) throw new Error(`The prefix of the Redis store may not hold braces; got ${prefix}`);
  const due = (shard: string) => `${prefix}:due:${shard}`;
  return {
    conversation(id) {
      const row = (name: string) => `${prefix}:{${id}}:${name}`;
      return [
        row('record'),
        row('messages'),
        row('inbox'),
        row('nudges'),
        row('once'),
        row('directory'),
        row('replies'),
        row('mark'),
      ];
    },
    publicId: ({ tenantId, space, id }) => `${prefix}:public:${digest(tenantId, space, id)}`,
    numbers({ tenantId, space }) {
      const tag = `${prefix}:{${digest(tenantId, space)}}`;
      return [`${tag}:last`, `${tag}:free`];
    },
    list: ({ tenantId, userId }) =>
      `${prefix}:list:${userId === undefined ? digest(tenantId) : digest(tenantId, userId)}`,
    once: (onceKey) => `${prefix}:once:${onceKey}`,
    lease: (name) => `${prefix}:lease:${digest(name)}`,
    line(name) {
      const tag = `${prefix}:line:{${digest(name)}}`;
      return [`${tag}:places`, `${tag}:signs`];
    },
    // A row that is only looked at can lie beside each of these.
    calls: (...names) => `${prefix}:calls:{${digest(...names)}}`,
    places: (name) => `${prefix}:places:{${digest(name)}}`,
    amount: (name) => `${prefix}:amount:{${digest(name)}}`,
    user: (tenantId, userId) => `${prefix}:user:${digest(tenantId, userId)}`,
    due: (id) => due(id.slice(0, 1)),
    everyDue: Array.from('0123456789abcdef', due),
    images: {
      records: `${prefix}:{images}:records`,
      bytes: `${prefix}:{images}:bytes`,
      of: (conversationId = 'nobody') => `${prefix}:{images}:of:${conversationId}`,
    },
    audit: { of: (tenantId) => `${prefix}:audit:${digest(tenantId)}`, tenants: `${prefix}:audit-tenants` },
    migration(name) {
      const tag = `${prefix}:migration:{${digest(name)}}`;
      return [`${tag}:state`, `${tag}:history`];
    },
    comparisons: {
      nameOf: (migration) => digest(migration),
      counts: (name) => `${prefix}:{comparisons}:counts:${name}`,
      rows: (name) => `${prefix}:{comparisons}:rows:${name}`,
      owners: `${prefix}:{comparisons}:owners`,
    },
    format: `${prefix}:format`,
    check: (number) => `${prefix}:check:${number}`,
    channels: { wakesOf: (process) => `${prefix}:wake:${process}`, followed: `${prefix}:followed` },
  };
}
