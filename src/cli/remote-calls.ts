/** One end of the channel between two processes. */
export interface Channel {
  send(message: object): void;
  /** Calls back with each message that comes. */
  hear(listener: (message: unknown) => void): unknown;
  /** Calls back when nothing can come any more. */
  whenCut(listener: () => void): unknown;
}

/** Nobody is there to answer. */
class Gone extends Error {
  override readonly message = 'The other process is gone';
}

/** Whether nobody was there to answer, or is any more. */
export const isGone = (failure: unknown): boolean => failure instanceof Gone;

/** What a process answers, by name. Arguments and answers are copied. */
type Calls<Names> = { readonly [Name in keyof Names]: (argument: never) => unknown };

type Argument<Call> = Call extends (argument: infer Given) => unknown ? Given : never;
type Answer<Call> = Call extends (argument: never) => infer Given ? Awaited<Given> : never;

export interface Remote<Theirs> {
  /** Rejects with what was thrown there, by its message, when the time (milliseconds) is over, or with `Gone`. */
  ask<Name extends keyof Theirs & string>(
    name: Name,
    argument: Argument<Theirs[Name]>,
    withinMs?: number,
  ): Promise<Answer<Theirs[Name]>>;
}

type Message =
  | { readonly is: 'asked'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly is: 'answered'; readonly id: number; readonly answer: unknown }
  | { readonly is: 'failed'; readonly id: number; readonly message: string };

interface Waiting {
  resolve(answer: unknown): void;
  reject(failure: Error): void;
}

/** Answers what the other process asks, and asks it. */
export function connectCalls<Theirs extends Calls<Theirs>>(line: Channel, ours: Calls<object>): Remote<Theirs> {
  const waiting = new Map<number, Waiting>();
  let isCut = false;
  let newest = 0;

  const answer = async (id: number, name: string, argument: unknown): Promise<void> => {
    try {
      const call = (ours as Readonly<Record<string, (argument: unknown) => unknown>>)[name]; // its callers know its type
      line.send({ is: 'answered', id, answer: await call?.(argument) } satisfies Message);
    } catch (failure) {
      const message = failure instanceof Error ? failure.message : String(failure);
      line.send({ is: 'failed', id, message } satisfies Message);
    }
  };

  line.hear((heard) => {
    const message = heard as Message; // nobody else writes there
    if (message.is === 'asked') void answer(message.id, message.name, message.argument);
    else if (message.is === 'answered') waiting.get(message.id)?.resolve(message.answer);
    else waiting.get(message.id)?.reject(new Error(message.message));
  });
  line.whenCut(() => {
    isCut = true;
    for (const { reject } of waiting.values()) reject(new Gone());
  });

  return {
    async ask(name, argument, withinMs) {
      const id = (newest += 1);
      let timer: NodeJS.Timeout | undefined;
      try {
        return await new Promise((resolve, reject) => {
          if (isCut) reject(new Gone());
          const tooLong = (): void => reject(new Error('The other process does not answer'));
          if (withinMs !== undefined) timer = setTimeout(tooLong, withinMs);
          waiting.set(id, { resolve, reject });
          line.send({ is: 'asked', id, name, argument } satisfies Message);
        });
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
  };
}
