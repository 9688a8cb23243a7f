import type { ChatEvent, ChatStream, Conversation, Turn } from '../canonical/index.ts';
import type { Caller } from './caller.ts';

/** Tokens of language models that a caller may use. */
export interface TokenAllowance {
  /** Sets aside what a question takes, and what its reply is expected to take. Throws `rate-limited` where so many are not left. */
  reserve(question: number): Promise<ReservedTokens>;
}

export interface ReservedTokens {
  /** Counts so many in place of what was set aside, or of what was said before. */
  settle(used: number): void;
}

/** Makes a reply's stream one whose tokens are counted. */
export type Spend = (stream: ChatStream) => ChatStream;

/** Where nobody tells how many there were. Our choice, after what vendors say of English. */
const charactersAToken = 4;
const tokensIn = (characters: number): number => Math.ceil(characters / charactersAToken);

/**
 * Sets tokens aside before a turn is taken in, if its caller's are limited; `begin` hands the reply to `spend`, and what that one took
 * is counted when it is over, however it ends. A turn that nobody is asked for costs nothing, as one in a person's hands does not.
 * Throws `rate-limited`, and begins nothing then.
 */
export async function withTokens<T>(
  { allowance }: Pick<Caller, 'allowance'>,
  { turn, conversation }: { readonly turn: Turn; readonly conversation: Pick<Conversation, 'mode'> | undefined },
  begin: (spend: Spend) => Promise<T>,
): Promise<T> {
  if (allowance === undefined || conversation?.mode === 'operator') return begin((stream) => stream);
  const asked = charactersOf(turn);
  const reserved = await allowance.reserve(tokensIn(asked));
  let giveBack = (): void => reserved.settle(0);
  try {
    return await begin((stream) => {
      giveBack = () => undefined;
      return metered(stream, asked, reserved);
    });
  } finally {
    giveBack();
  }
}

const charactersOf = ({ text, history = [] }: Turn): number =>
  history.reduce((sum, message) => sum + message.text.length, text.length);

/** Not a generator: one that is given up before it has begun would not notice. */
function metered(stream: ChatStream, asked: number, reserved: ReservedTokens): ChatStream {
  const source = stream[Symbol.asyncIterator]();
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
    reserved.settle(told ?? tokensIn(asked) + tokensIn(said));
  };
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
