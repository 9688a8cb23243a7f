import { randomUUID } from 'node:crypto';
import {
  defined,
  type FeedEntry,
  type FeedEvent,
  type GrowingReply,
  type Message,
  type Mode,
} from '../../canonical/index.ts';
import type { Step, Tombstone } from '../../stores/feed-records.ts';
import { type Cursor, keyOf, writeCursor } from './cursor.ts';
import { gather, noLengths, stepsAfter, stepsOf } from './steps.ts';

/** A reply that is running, as far as a process has read it. */
export interface RunningReply {
  readonly id: string;
  readonly createdAt: string;
  readonly steps: readonly Step[];
}

/** What is: the messages, and how far each running reply has grown. */
export interface View {
  /** That of the last end. */
  readonly version: number;
  readonly mode: Mode | undefined;
  /** The sequence of the newest message; 0 where there is none. */
  readonly last: number;
  /** The newest messages, or those that not all followers were told of, oldest first. */
  readonly messages: readonly Message[];
  /** How often messages that had been read were found gone, and from which sequence on the last time. */
  readonly losses: number;
  readonly lostFrom: number;
  /** In the order in which they began. */
  readonly replies: ReadonlyMap<string, RunningReply>;
  /** By version. What was seen of a reply whose end was not stored stands beside its end. */
  readonly buried: readonly (Tombstone & { readonly seen?: RunningReply })[];
}

/** Of so many replies a follower remembers that they have ended. */
const mostEnded = 32;

/** A follower as it is told: its cursor, and what it remembers of the way there. */
export interface Follower {
  readonly sequence: number;
  /** The replies in the middle of which it is. */
  growing(is: View): readonly GrowingReply[];
  entry(event: FeedEvent, facts: { readonly id: string; readonly at: string }): FeedEntry;
  /** What is and was not told; `undefined` where that begins before the messages of the view. */
  tell(is: View): FeedEntry[] | undefined;
  /** Tells messages that follow each other, and nothing else. */
  tellMessages(messages: readonly Message[]): FeedEntry[];
  /** Whether a reply that it is in the middle of is nowhere. */
  misses(is: View): boolean;
  /** Tells that such replies have failed. */
  abandon(is: View): FeedEntry[];
}

/** One who was told all up to a cursor, in a conversation that it knows by the id `shown`. */
export function createFollower(shown: string, cursor: Cursor, is: View): Follower {
  const { replies } = cursor;
  let { version, sequence, mode } = cursor;
  let { losses } = is;
  const ended = new Map<string, Message['status']>();
  let out: FeedEntry[] = [];

  const entry: Follower['entry'] = (event, { id, at }) => ({
    id,
    at,
    position: writeCursor({ version, sequence, mode, replies }),
    conversationId: shown,
    event,
  });
  const say = (event: FeedEvent, id: string = randomUUID(), at = new Date().toISOString()): void =>
    void out.push(entry(event, { id, at }));

  function grow({ id, steps, createdAt }: RunningReply): void {
    const key = keyOf(id);
    const known = replies.get(key) ?? { ...noLengths(), isCutInto: false };
    if (!replies.has(key)) {
      replies.set(key, known);
      say({ type: 'reply-started', replyId: id }, undefined, createdAt);
    }
    for (const progress of stepsAfter(steps, known)) say({ type: 'reply-progress', replyId: id, progress });
  }
  /**
   * Tells a message, and before it what was not told of a reply in whose middle the follower is, or would be. `move` moves the cursor on: who is
   * cut off before the message comes back to it.
   */
  function end(message: Message, move: () => void, wasFollowed = false): void {
    const { id, role, status, createdAt } = message;
    const key = keyOf(id);
    if (role === 'assistant') {
      if (wasFollowed || replies.has(key)) grow({ id, createdAt, steps: stepsOf(message) });
      replies.delete(key);
      ended.set(id, status);
      for (const oldest of ended.keys()) if (ended.size > mostEnded) ended.delete(oldest);
    }
    if (role === 'assistant' || role === 'operator') for (const other of replies.values()) other.isCutInto = true;
    move();
    say({ type: 'message', message: { ...message, conversationId: shown } }, id, createdAt);
  }
  function tellMessage(message: Message, is?: View): void {
    const move = (): void => void (sequence = message.sequence);
    const told = ended.get(message.id);
    const buried = is?.buried.find(({ id, version: at }) => id === message.id && at > version);
    const isTold = told !== undefined && (told === 'complete' || told === message.status);
    // What took another's place is told with its tombstone.
    if (isTold || buried?.replacement !== undefined) move();
    else end(message, move, buried !== undefined);
  }
  function tellEnd({ version: at, replacement, seen, ...buried }: View['buried'][number]): void {
    const move = (): void => void (version = at);
    if (replacement !== undefined && ended.get(buried.id) !== 'complete' && replacement.sequence <= sequence) {
      end(replacement, move);
    } else if (replacement === undefined && buried.sequence === 0 && !ended.has(buried.id)) {
      end(brokenOff({ createdAt: new Date().toISOString(), steps: [], ...seen, failure: undefined, ...buried }), move);
    } else move();
  }
  /** Messages that were told are there no more, or others in their place: what has come since is told. */
  function goBack(is: View): void {
    losses = is.losses;
    sequence = Math.min(sequence, is.lostFrom - 1);
    version = Math.min(version, is.version);
  }
  function isNowhere(key: string, is: View): boolean {
    for (const id of is.replies.keys()) if (id.startsWith(key)) return false;
    return !is.buried.some(({ id }) => id.startsWith(key));
  }
  function take(): FeedEntry[] {
    const taken = out;
    out = [];
    return taken;
  }

  return {
    get sequence() {
      return sequence;
    },
    growing: (is) =>
      [...is.replies.keys()].flatMap((replyId) => {
        const known = replies.get(keyOf(replyId));
        return known === undefined ? [] : [{ replyId, isCutInto: known.isCutInto }];
      }),
    entry,
    tell(is) {
      if (losses !== is.losses) goBack(is);
      const first = is.messages[0]?.sequence ?? is.last + 1;
      if (sequence < is.last && first > sequence + 1) return undefined;
      if (is.mode !== undefined && is.mode !== mode) {
        mode = is.mode;
        say({ type: 'mode-changed', mode });
      }
      for (const message of is.messages) if (message.sequence > sequence) tellMessage(message, is);
      for (const buried of is.buried) if (buried.version > version) tellEnd(buried);
      version = Math.max(version, is.version);
      for (const reply of is.replies.values()) if (!ended.has(reply.id)) grow(reply);
      return take();
    },
    tellMessages(found) {
      for (const message of found) if (message.sequence > sequence) tellMessage(message);
      return take();
    },
    misses(is) {
      for (const key of replies.keys()) if (isNowhere(key, is)) return true;
      return false;
    },
    abandon(is) {
      for (const key of replies.keys()) {
        if (!isNowhere(key, is)) continue;
        replies.delete(key);
        // All that a cursor knows of its id are these digits.
        const id = `${key}-0000-4000-8000-000000000000`;
        const failed = { status: 'failed' as const, failure: 'upstream-failed' };
        end(brokenOff({ id, createdAt: new Date().toISOString(), steps: [], ...failed }), () => undefined);
      }
      return take();
    },
  };
}

interface BrokenOff extends RunningReply, Pick<Message, 'status'> {
  readonly failure: string | undefined;
}

/** The end of a reply of which no store knows. */
const brokenOff = ({ id, createdAt, steps, status, failure }: BrokenOff): Message =>
  defined({
    ...{ id, conversationId: '', sequence: 0, role: 'assistant' as const, ...gather(steps) },
    ...{ attachments: [], createdAt, status, failure },
  });
