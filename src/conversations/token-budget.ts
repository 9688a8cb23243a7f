import { charactersIn } from '../backends/transcript.ts';
import type { ChatEvent, ChatStream, Conversation, Turn } from '../canonical/index.ts';
import type { Caller } from './caller.ts';

/** Tokens of language models that a caller may use. */
export interface TokenBudget {
  /** Sets aside what a question takes, and what its reply is expected to take. Throws `rate-limited` where so many are not left. */
  reserve(question: number): Promise<ReservedTokens>;
}

export interface ReservedTokens {
  /** Counts so many in place of what was set aside, or of what was said before. */
  settle(used: number): void;
}

/** Counts what one reply takes. */
export interface TokenUsage {
  /** Makes the reply's stream one that is counted. */
  count(stream: ChatStream): ChatStream;
  /** Whoever answers was sent so many characters, the question among them. Counted where nobody tells of tokens. */
  sent(characters: number): void;
}

/** The usage of who may take as many as they like. */
export const uncounted: TokenUsage = { count: (stream) => stream, sent: () => undefined };

/** Where nobody tells how many there were. Our choice, after what vendors say of English. */
const charactersAToken = 4;
const tokensIn = (characters: number): number => Math.ceil(characters / charactersAToken);

/**
 * Sets tokens aside before a turn is taken in, if its caller's are limited; `begin` hands the reply to who counts it, and what it took
 * is counted when it is over, however it ends. A turn that nobody is asked for costs nothing, as one in a person's hands does not.
 * Throws `rate-limited`, and begins nothing then.
 */
export function withTokens<T>(
  { tokenBudget: budget }: Pick<Caller, 'tokenBudget'>,
  { turn, conversation }: { readonly turn: Turn; readonly conversation: Pick<Conversation, 'mode'> | undefined },
  begin: (tokenUsage: TokenUsage) => Promise<T>,
): Promise<T> {
  const isFree = budget === undefined || conversation?.mode === 'operator';
  return isFree ? begin(uncounted) : withReserved(budget, turn, begin);
}

async function withReserved<T>(
  budget: TokenBudget,
  turn: Turn,
  begin: (tokenUsage: TokenUsage) => Promise<T>,
): Promise<T> {
  const asked = charactersOf(turn);
  const reserved = await budget.reserve(tokensIn(asked));
  let giveBack = (): void => reserved.settle(0);
  try {
    const { count, sent } = countTokens(asked, reserved);
    return await begin({
      sent,
      count(stream) {
        giveBack = () => undefined;
        return count(stream);
      },
    });
  } finally {
    giveBack();
  }
}

const charactersOf = ({ text, history = [], afterwards = [] }: Turn): number =>
  [...history, ...afterwards].reduce((sum, message) => sum + charactersIn(message), text.length);

function countTokens(asked: number, reserved: ReservedTokens): TokenUsage {
  let sent: number | undefined;
  let said = 0;
  let told: number | undefined;
  let isOver = false;
  const add = (event: ChatEvent): void => {
    if (event.type === 'text-delta') said += event.text.length;
    if (event.type === 'reply-end') told = event.usage?.totalTokens;
  };
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    reserved.settle(told ?? tokensIn(sent ?? asked) + tokensIn(said));
  };
  return {
    sent(characters) {
      sent = (sent ?? 0) + characters;
    },
    count: (stream) => metered(stream, add, over),
  };
}

/** Not a generator: one that is given up before it has begun would not notice. */
function metered(stream: ChatStream, add: (event: ChatEvent) => void, over: () => void): ChatStream {
  const source = stream[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const next = await source.next();
          if (next.done) over();
          else for (const event of next.value) add(event);
          return next;
        } catch (thrown) {
          over();
          throw thrown;
        }
      },
      async return() {
        try {
          await source.return?.();
        } finally {
          over();
        }
        return { done: true, value: undefined };
      },
    }),
  };
}
