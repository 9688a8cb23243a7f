import type { Message, Mode, ReplyProgress } from '../canonical/index.ts';
import type { GatewayError } from '../errors/index.ts';

/** What a reply gains. Lengths are in UTF-16 units, items and suggestions. */
export type Step = Exclude<ReplyProgress, { readonly type: 'typing' }>;

/** A running reply, as far as it has grown: its record, a list of steps. */
export interface RecordedReply {
  readonly id: string;
  /** When the reply began. */
  readonly createdAt: string;
  /** Differs each time that the list is written anew from its beginning. */
  readonly token: string;
  /** Until when its process says that it gives the reply, by the clock of the records, in milliseconds. */
  readonly until: number;
  /** How long the list is. */
  readonly count: number;
  /** How many steps the reader had before `steps`. */
  readonly from: number;
  readonly steps: readonly Step[];
  /** Changes with each write: what was read is compared with what is there by it. */
  readonly state: string;
}

/** A reply that has ended, for a minute. */
export interface Tombstone {
  readonly id: string;
  /** Greater than that of every end before it. */
  readonly version: number;
  /** Of its message; 0 where none was stored. */
  readonly sequence: number;
  readonly status: Message['status'];
  readonly failure?: string;
  /** The whole reply, where it took the place of what was kept of it. */
  readonly replacement?: Message;
}

export type ReplyEnd = Pick<Tombstone, 'sequence' | 'status' | 'failure'>;

/** What a reader has. */
export interface Known {
  /** Who reads: a follower is woken from now on; someone who only looks is not. */
  readonly as: 'http' | 'socket' | 'onlooker';
  /** The newest message that it knows; absent at first. */
  readonly newest?: Pick<Message, 'id' | 'sequence'>;
  readonly version: number;
  readonly replies: Iterable<Pick<RecordedReply, 'id' | 'token' | 'count'>>;
}

/** What is, beyond what a reader has. */
export interface FeedState {
  /** The clock of the records, in milliseconds. */
  readonly now: number;
  /** That of the last end; 0 where none is known. */
  readonly version: number;
  /** Absent where it was not changed since the conversation began. */
  readonly mode?: Mode;
  /** The sequence of the newest message; 0 where there is none. */
  readonly last: number;
  /** The newest messages after the known one, at most `newestLength`, oldest first. */
  readonly messages: readonly Message[];
  /** Whether the known message is there no more, or another stands in its place: the messages are the newest of all then. */
  readonly isAnew: boolean;
  /** In the order in which they began. */
  readonly replies: readonly RecordedReply[];
  /** By version. */
  readonly buried: readonly Tombstone[];
}

/** At most so many messages come with one reading. */
export const newestLength = 20;

/** What has been added to a record, in the order of the list. */
export interface Growth {
  readonly replyId: string;
  readonly token: string;
  /** How long the list was before. */
  readonly count: number;
  readonly steps: readonly Step[];
}

export interface FeedListener {
  /** Something is new in a conversation that is followed here: this, or something that is to be read. */
  woken(conversationId: string, growth?: Growth): void;
  /** A conversation is followed somewhere. */
  followed(conversationId: string): void;
  /** Some of that may not have been heard. */
  deaf(): void;
  /** Nothing is heard, as that is not allowed. */
  refused(reason: GatewayError): void;
}

export interface GrowingRecord {
  readonly conversationId: string;
  readonly replyId: string;
  readonly createdAt: string;
  readonly token: string;
  /** Whether nothing was written of the reply yet. */
  readonly isNew: boolean;
}

/** `resync`: the list is not as long as was said; `unfollowed`: nobody follows, and nothing is kept; `ended`: it has a tombstone. */
export type Grown = 'grown' | 'resync' | 'unfollowed' | 'ended';

/** All times are in milliseconds. */
export interface FeedTimes {
  /** How long a conversation counts as followed after it was last read by a follower. */
  readonly followedMs: number;
  /** How long it counts as one that has a socket open. */
  readonly socketMs: number;
  /** How long a process counts as giving a reply after it was last written. */
  readonly leaseMs: number;
}

/** Our choice. */
export const defaultFeedTimes: FeedTimes = { followedMs: 60_000, socketMs: 15_000, leaseMs: 10_000 };

/**
 * What followers need beyond messages: the replies that are running, how others ended, and who follows. Each conversation's are in one place with its
 * messages, written only while it is followed, and gone some minutes after the last write. Methods throw `store-unavailable`.
 */
export interface FeedRecords {
  /** How long what a reply gains is gathered between two writes now, in milliseconds. */
  paceMs(): number;
  /** From now on `listener` is told. Resolves also where the records are away. */
  open(listener: FeedListener, times: FeedTimes): Promise<void>;
  /** Whether a conversation is followed, as far as this process has heard. */
  isFollowed(conversationId: string): boolean;
  /** Adds steps to a list that is `count` long, or begins it anew where that is 0; without steps it renews the lease. Wakes followers. */
  grow(record: GrowingRecord, count: number, steps: readonly Step[]): Promise<Grown>;
  /** Puts a tombstone in the place of a record that is as `ifState` says, if that is given, and wakes followers. One whose message was stored has it already. */
  end(conversationId: string, replyId: string, end: ReplyEnd, ifState?: string): Promise<void>;
  /** `undefined` where there is no such conversation. A follower's reading marks it as followed. */
  read(conversationId: string, known: Known): Promise<FeedState | undefined>;
  /** This process has no follower, or no socket, there any more. Never rejects: what is not taken back ends by itself. */
  leave(conversationId: string, who: 'all' | 'sockets'): Promise<void>;
  /** Wakes the followers of a conversation of which something was stored, where the store does not do so itself. */
  wake(conversationId: string): void;
  close(): Promise<void>;
}
