import type { Message } from '../../canonical/index.ts';
import { type FeedState, type Growth, newestLength, type RecordedReply, type Step } from '../../stores/feed-records.ts';
import type { View } from './difference.ts';
import { addSteps } from './steps.ts';

/** A running reply as a process holds it. */
export interface HeldReply extends Omit<RecordedReply, 'steps' | 'count'> {
  readonly steps: Step[];
  count: number;
  /** When its lease ends, by this process's clock. */
  endsAt: number;
  /** That the lease has ended, and when and in which state that was found first. */
  suspect: { readonly state: string; readonly at: number } | undefined;
}

/** What a process has read of a conversation, put together from readings and wakes, in any order. */
export interface HeldView {
  readonly view: View;
  readonly replies: ReadonlyMap<string, HeldReply>;
  /** The newest message that was read. */
  newest(): Pick<Message, 'id' | 'sequence'> | undefined;
  /** Takes a reading. `told` is up to which message all followers were told. */
  take(state: FeedState, told: number): void;
  /** Takes what a wake says that follows what is held: `ahead` where something before it is missing. */
  grow(growth: Growth, leaseMs: number): 'taken' | 'known' | 'ahead';
}

/** So much text of messages is held for a conversation's followers, in UTF-16 units; of a longer one none. */
const mostText = 262_144;

export function createHeldView(): HeldView {
  const replies = new Map<string, HeldReply>();
  const view: { -readonly [K in keyof View]: View[K] } = {
    ...{ version: 0, mode: undefined, last: 0, messages: [], losses: 0, lostFrom: 0, replies, buried: [] },
  };
  /** The newest messages by sequence: where another has the place of one, the store has lost some. */
  let ids = new Map<number, string>();

  function lose({ messages, last }: FeedState): void {
    const other = messages.find(({ sequence, id }) => (ids.get(sequence) ?? id) !== id);
    const isOverlapping = messages.some(({ sequence }) => ids.has(sequence));
    const lost = isOverlapping ? (other?.sequence ?? last + 1) : (messages[0]?.sequence ?? 1);
    view.losses += 1;
    view.lostFrom = Math.min(lost, last + 1);
    view.messages = [];
    view.last = 0;
    ids = new Map();
  }
  function takeMessages({ messages, last }: FeedState, told: number): void {
    const fresh = messages.filter(({ sequence }) => sequence > view.last);
    for (const { sequence, id } of fresh) ids.set(sequence, id);
    for (const oldest of ids.keys()) if (ids.size > newestLength) ids.delete(oldest);
    const untold = view.messages.filter(({ sequence }) => sequence > told);
    view.messages = newestOf([...untold, ...fresh.map(withoutWorkings)]);
    view.last = last;
  }
  function takeReply(reply: RecordedReply, held: HeldReply | undefined, serverNow: number): void {
    const known = held?.token === reply.token ? held : undefined;
    const have = known?.count ?? 0;
    const steps = known?.steps ?? [];
    addSteps(steps, reply.steps.slice(Math.max(have - reply.from, 0)));
    const now = performance.now();
    const { state, until } = reply;
    const found = held?.suspect?.state === state ? held.suspect : { state, at: now };
    const suspect = until > serverNow ? undefined : found;
    replies.set(reply.id, {
      ...reply,
      count: Math.max(have, reply.count),
      steps,
      endsAt: now + until - serverNow,
      suspect,
    });
  }

  return {
    view,
    replies,
    newest() {
      const sequence = Math.max(...ids.keys());
      const id = ids.get(sequence);
      return id === undefined ? undefined : { id, sequence };
    },
    take(state, told) {
      if (state.isAnew) lose(state);
      takeMessages(state, told);
      const [held, buried] = [new Map(replies), view.buried];
      replies.clear();
      for (const reply of state.replies) takeReply(reply, held.get(reply.id), state.now);
      // The words of those that were stored are in the store.
      view.buried = state.buried.map((one) => {
        const seen = held.get(one.id) ?? buried.find(({ id }) => id === one.id)?.seen;
        return seen === undefined || one.sequence > 0 ? one : { ...one, seen };
      });
      view.version = state.version;
      view.mode = state.mode;
    },
    grow({ replyId, token, count, steps }, leaseMs) {
      const known = replies.get(replyId);
      if (known?.token !== token || known.count < count) return 'ahead';
      if (known.count > count) return 'known';
      addSteps(known.steps, steps);
      known.count = count + steps.length;
      known.endsAt = performance.now() + leaseMs;
      known.suspect = undefined;
      return 'taken';
    },
  };
}

/** As many of the newest messages as are held for all: who is told slowly reads those before them from the store. */
function newestOf(messages: readonly Message[]): readonly Message[] {
  let room = mostText;
  const held = messages.slice(-newestLength);
  const first = held.findLastIndex(({ text }) => {
    room -= text.length;
    return room < 0;
  });
  return held.slice(first + 1);
}

/** A message as anybody but who gave it may read it. */
export const withoutWorkings = ({ workings: _, told: __, ...message }: Message): Message => message;
